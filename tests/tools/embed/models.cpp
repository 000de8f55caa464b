// Writes model files of all parts into a folder, NAME.eigenflow, and what their flows say, NAME.expected.
// usage: embed_models FOLDER

#include "models.hpp"

#include <cstdio>
#include <eigenflow/io.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "report.hpp"

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
  if (flow.context_units().awaited())
    flow.set_context_units({ef::VectorX<Scalar>::LinSpaced(flow.context_dim(), Scalar(-0.3), Scalar(0.2)),
                            ef::VectorX<Scalar>::LinSpaced(flow.context_dim(), Scalar(0.7), Scalar(3))});
  const std::filesystem::path file = folder / (a.name + ".eigenflow");
  ef::save(flow, file, {{"what", "a \"model\"\nof the tests\\"}});

  const ef::AnyFlow<Scalar> loaded = ef::load_flow<Scalar>(file, parts);
  std::FILE* const out = std::fopen((folder / (a.name + ".expected")).string().c_str(), "w");
  report<Scalar>(out, static_cast<int>(loaded.dim()), static_cast<int>(loaded.context_dim()),
                 Loaded<Scalar>(loaded));
  std::fclose(out);
}

/// The examples of the parts of the list that none of these architectures has: a new part is here by its line alone.
Architecture rest_of_the_list(const std::vector<Architecture>& others) {
  using Parts = ef::StandardParts<double>;
  Architecture rest{"examples", "double", "", ""};
  const auto is_new = [&](const std::string& tag) {
    const std::string type = "\"type\": \"" + tag + '"';
    for (const Architecture& a : others)
      if ((a.layers + a.base).find(type) != std::string::npos) return false;
    return true;
  };
  const auto example = []<class Part>(std::type_identity<Part>) {
    return ef::io::to_json(ef::detail::to_value(ef::example_of<Part>(3, 2)));
  };
  const auto add = [&]<class Part>(std::type_identity<Part> part) {
    if (is_new(ef::detail::tag_of<Part>())) rest.layers += (rest.layers.empty() ? "" : ", ") + example(part);
  };
  Parts::each(Parts::Layers(), add);
  Parts::each(Parts::Transformers(), [&]<class Transformer>(std::type_identity<Transformer>) {
    add(std::type_identity<ef::Elementwise<Transformer>>());
  });
  rest.base = example(std::type_identity<ef::DiagonalNormal<double>>());
  Parts::each(Parts::Bases(), [&]<class Part>(std::type_identity<Part> part) {
    if (is_new(ef::detail::tag_of<Part>())) rest.base = example(part);
  });
  return rest;
}

}  // namespace

int main(int, char** argv) {
  std::vector<Architecture> all = architectures();
  all.push_back(rest_of_the_list(all));
  for (const Architecture& a : all)
    if (a.scalar == "float")
      write<float>(a, argv[1]);
    else
      write<double>(a, argv[1]);
}
