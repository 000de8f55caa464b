// Writes model files of all parts into a folder, NAME.eigenflow, and what their flows say, NAME.expected.
// usage: embed_models FOLDER

#include "models.hpp"

#include <cstdio>
#include <eigenflow/io.hpp>
#include <filesystem>
#include <memory>

#include "report.hpp"
#include "support/standard_parts.hpp"

namespace ef = eigenflow;

namespace {

/// The calls of a flow that was loaded, each with a batch of one row.
template <class Scalar>
class Loaded {
 public:
  using Vector = ef::VectorX<Scalar>;

  explicit Loaded(const ef::AnyFlow<Scalar>& flow) : flow_(flow) {}

  Vector log_prob(const Vector& x, const Vector& c) const {
    return flow_.log_prob(x.transpose(), c.transpose());
  }
  Vector log_prob_and_grad(const Vector& x, const Vector& c) const {
    const auto r = flow_.log_prob_and_grad(x.transpose(), c.transpose());
    Vector all(1 + x.size() + c.size());
    all << r.log_prob, r.grad.transpose(), r.grad_context.transpose();
    return all;
  }
  Vector forward(const Vector& x, const Vector& c) const {
    const auto r = flow_.forward(x.transpose(), c.transpose());
    return both(r.z, r.log_det);
  }
  Vector inverse(const Vector& z, const Vector& c) const {
    const auto r = flow_.inverse(z.transpose(), c.transpose());
    return both(r.x, r.log_det);
  }
  Vector sample(unsigned seed, const Vector& c) const {
    ef::Rng rng(seed);
    return flow_.sample(1, c.transpose(), rng).transpose();
  }
  Vector sample_and_log_prob(unsigned seed, const Vector& c) const {
    ef::Rng rng(seed);
    const auto r = flow_.sample_and_log_prob(1, c.transpose(), rng);
    return both(r.x, r.log_prob);
  }

 private:
  static Vector both(const ef::MatrixX<Scalar>& row, const Vector& number) {
    Vector all(row.cols() + 1);
    all << row.transpose(), number;
    return all;
  }

  const ef::AnyFlow<Scalar>& flow_;
};

template <class Scalar>
void write(const Architecture& a, const std::filesystem::path& folder) {
  const ef::io::Registry<Scalar> parts = ef::io::standard_parts<Scalar>();
  ef::io::Builder<Scalar> builder(&parts);
  ef::Rng rng(11);
  ef::AnyFlow<Scalar> flow(
      ef::AnyChain<Scalar>(builder.template build<std::vector<ef::AnyLayer<Scalar>>>(
          ef::io::parse_json('[' + a.layers + ']', a.name), "layers")),
      builder.template build<ef::AnyBase<Scalar>>(ef::io::parse_json(a.base, a.name), "base"), rng);
  for (Scalar& number : flow.theta()) number = Scalar(0.4) * rng.normal<Scalar>();
  const std::filesystem::path file = folder / (a.name + ".eigenflow");
  ef::save(flow, file, {{"what", "a \"model\"\nof the tests\\"}});

  const ef::AnyFlow<Scalar> loaded = ef::load_flow<Scalar>(file, parts);
  std::FILE* const out = std::fopen((folder / (a.name + ".expected")).string().c_str(), "w");
  report<Scalar>(out, static_cast<int>(loaded.dim()), static_cast<int>(loaded.context_dim()),
                 Loaded<Scalar>(loaded));
  std::fclose(out);
}

}  // namespace

int main(int, char** argv) {
  for (const Architecture& a : architectures())
    if (a.scalar == "float")
      write<float>(a, argv[1]);
    else
      write<double>(a, argv[1]);
}
