// Your own conditioner, written outside of the library and used like its own: a function from the unchanged
// features of a coupling to the parameters of its transformer. The program compares it with numeric derivatives,
// then fits the two moons with it and with the library's Mlp.
//
//     your_own_conditioner      returns 1 if a derivative is wrong

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <span>
#include <tuple>

#include "helpers/check_layer.hpp"
#include "helpers/fit_two_moons.hpp"

namespace ef = eigenflow;

/// A sum of bumps, m(x) = exp(-p²/2) A with p = xΩ - φ. The directions Ω and the places φ are random and fixed;
/// the amplitudes A are trained.
template <class Scalar_>
class Bumps {
 public:
  using Scalar = Scalar_;
  struct Options {
    Eigen::Index count = 48;
    float sharpness = 2;  // standard deviation of Ω
    float reach = 3;      // the bumps' centres lie in [-reach, reach]
    std::uint64_t seed = 1;

    // The options that a model file holds.
    static constexpr auto structure() {
      return std::tuple(ef::Option{"count", &Options::count}, ef::Option{"sharpness", &Options::sharpness},
                        ef::Option{"reach", &Options::reach}, ef::Option{"seed", &Options::seed});
    }
  };

  // What it trains, by name.
  template <class Visitor>
  struct Parameters {
    typename Visitor::Matrix amplitude;  // count × out
  };
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.matrix("amplitude", self.direction_.cols(), self.out_)};
  }

  Bumps(Eigen::Index in, Eigen::Index out, const Options& options = {}) : options_(options), out_(out) {
    ef::Rng rng(options.seed);
    Eigen::MatrixXf direction(in, options.count), centre(in, options.count);  // the same for every Scalar
    rng.fill_normal(direction);
    rng.fill_uniform(centre);
    direction *= options.sharpness;
    centre = options.reach * (2 * centre.array() - 1);
    direction_ = direction.cast<Scalar>();
    place_ = direction.cwiseProduct(centre).colwise().sum().cast<Scalar>();
  }

  static constexpr const char* name() { return "bumps"; }
  const Options& options() const { return options_; }
  Eigen::Index in_dim() const { return direction_.rows(); }
  Eigen::Index out_dim() const { return out_; }
  void initialise(std::span<Scalar> theta, ef::Rng&) const {
    std::fill(theta.begin(), theta.end(), Scalar(0));
  }

  struct Tape {
    const Scalar* p;     // N × count each
    const Scalar* bump;  // exp(-p²/2)
  };

  // Lazy products do not allocate. What outlives the call is in the arena of the pass.
  Tape forward(std::span<const Scalar> theta, const ef::ConstMatrixMap<Scalar>& input,
               ef::MatrixMap<Scalar>& result, const ef::Pass& pass) const {
    ef::MatrixMap<Scalar> p = scratch(input.rows(), pass), bump = scratch(input.rows(), pass);
    p = input.lazyProduct(direction_);
    p.rowwise() -= place_;
    bump = (p.array().square() * Scalar(-0.5)).exp();
    result = bump.lazyProduct(ef::view_parameters(*this, theta).amplitude);
    return {p.data(), bump.data()};
  }

  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
           const ef::ConstMatrixMap<Scalar>& grad_result, ef::MatrixMap<Scalar>& grad_input,
           const ef::Pass& pass) const {
    const ef::ConstMatrixMap<Scalar> p(tape.p, grad_result.rows(), direction_.cols());
    const ef::ConstMatrixMap<Scalar> bump(tape.bump, p.rows(), p.cols());
    if (!grad.empty())
      ef::view_parameters(*this, grad).amplitude += bump.transpose().lazyProduct(grad_result);
    ef::MatrixMap<Scalar> grad_p = scratch(p.rows(), pass);
    grad_p = grad_result.lazyProduct(ef::view_parameters(*this, theta).amplitude.transpose());
    grad_p.array() *= -p.array() * bump.array();
    grad_input += grad_p.lazyProduct(direction_.transpose());
  }

 private:
  ef::MatrixMap<Scalar> scratch(Eigen::Index rows, const ef::Pass& pass) const {
    const auto size = static_cast<std::size_t>(rows * direction_.cols());
    return {pass.arena->template allocate<Scalar>(size), rows, direction_.cols()};
  }

  Options options_;
  Eigen::Index out_;
  ef::MatrixX<Scalar> direction_;                   // in × count: Ω
  Eigen::Matrix<Scalar, 1, Eigen::Dynamic> place_;  // 1 × count: φ
};

static_assert(ef::Conditioner<Bumps<float>>);

int main() {
  using Own = ef::Coupling<ef::Affine<double>, Bumps<double>, 2>;
  const bool right = helpers::check_layer("A coupling of Bumps", Own(2, {.count = 6}));

  using Swap = ef::Permutation<double, 2>;
  std::printf("\n");
  helpers::fit_two_moons<ef::Chain<Own, Swap>>("Affine of Bumps");
  helpers::fit_two_moons<ef::Chain<ef::AffineCoupling<double, 2>, Swap>>("Affine of an Mlp");
  return right ? 0 : 1;
}
