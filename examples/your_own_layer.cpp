// Your own layer, written outside of the library and used like its own: a bijection of all features with both
// directions and their gradients. The program compares it with numeric derivatives, then fits the two moons with
// and without it.
//
//     your_own_layer      returns 1 if a derivative is wrong

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <span>
#include <tuple>

#include "helpers/check_layer.hpp"
#include "helpers/fit_two_moons.hpp"

namespace ef = eigenflow;

/// A learned skewness for each feature, the sinh-arcsinh map of Jones & Pewsey (Biometrika 96, 2009):
///
///   y = sinh(arsinh(x) + ε) = x cosh ε + √(1 + x²) sinh ε,   ε = tanh(skew),   slope √(1 + y²) / √(1 + x²)
///
/// The inverse is the same map with -ε, so both directions share their code.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Skew {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;

  // What it trains, by name. The library derives the size of theta, views, printing and files from `layout`.
  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector skew;  // D
  };
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("skew", self.dim())};
  }

  Skew() requires(Dim_ != Eigen::Dynamic) = default;
  explicit Skew(ef::Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* name() { return "Skew"; }
  Eigen::Index dim() const { return dim_; }
  // The arguments of its constructor, for model files.
  static constexpr auto structure() { return std::tuple(ef::Option{"dim", &Skew::dim}); }
  void initialise(std::span<Scalar> theta, ef::Rng&) const {
    std::fill(theta.begin(), theta.end(), Scalar(0));
  }

  struct Tape {
    const Scalar* input;  // N × D
  };

  Tape forward(std::span<const Scalar> theta, ef::Tile<Scalar>& tile) const { return apply(theta, tile, 1); }
  Tape inverse(std::span<const Scalar> theta, ef::Tile<Scalar>& tile) const { return apply(theta, tile, -1); }
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   ef::Tile<Scalar>& tile) const {
    pull_back(theta, grad, tape, tile, 1);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   ef::Tile<Scalar>& tile) const {
    pull_back(theta, grad, tape, tile, -1);
  }

 private:
  using Number = ef::Lanes<Scalar>;  // several samples of one feature at a time

  // √(1 + x²), also if x² overflows.
  static Number root(Number x) {
    const Number large = max(abs(x), Number(1)), ratio = min(abs(x), Number(1)) / large;
    return large * sqrt(ratio * ratio + Number(1));
  }

  struct At {
    Number root_x, y, root_y;
    // Without cancellation: √(1 + x²) = |x| + 1 / (√(1 + x²) + |x|).
    At(Number x, Scalar e) : root_x(root(x)) {
      const Number slope = select(x > Number(0), Number(std::exp(e)), Number(std::exp(-e)));
      y = x * slope + Number(std::sinh(e)) / (root_x + abs(x));
      root_y = root(y);
    }
  };

  Tape apply(std::span<const Scalar> theta, ef::Tile<Scalar>& tile, Scalar sign) const {
    const auto p = ef::view_parameters(*this, theta);
    Tape tape{nullptr};
    if (tile.record) {  // a gradient follows
      typename ef::Tile<Scalar>::Matrix input = tile.scratch(dim());
      input = tile.values;
      tape.input = input.data();
    }
    for (Eigen::Index j = 0; j < dim(); ++j)
      for (const ef::RowStep<Scalar> step : ef::RowSteps<Scalar>(tile.rows())) {
        const At at(step.load(&tile.values(0, j)), sign * std::tanh(p.skew[j]));
        step.store(&tile.values(0, j), at.y);
        step.store(tile.log_det.data(), step.load(tile.log_det.data()) + log(at.root_y / at.root_x));
      }
    return tape;
  }

  // With log_det = log(√(1 + y²) / √(1 + x²)): ∂y/∂ε = √(1 + y²) and ∂log_det/∂ε = y / √(1 + y²).
  void pull_back(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape, ef::Tile<Scalar>& tile,
                 Scalar sign) const {
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Scalar bounded = std::tanh(ef::view_parameters(*this, theta).skew[j]), e = sign * bounded;
      Number grad_e(0);
      for (const ef::RowStep<Scalar> step : ef::RowSteps<Scalar>(tile.rows())) {
        const Number x = step.load(tape.input + j * tile.rows());
        const At at(x, e);
        const Number g = step.load(&tile.grad_values(0, j)), l = step.load(tile.grad_log_det.data());
        grad_e += g * at.root_y + l * (at.y / at.root_y);
        const Number bend = Number(std::sinh(e)) / at.root_y / at.root_x / at.root_x;  // ∂log_det/∂x
        step.store(&tile.grad_values(0, j), g * (at.root_y / at.root_x) + l * bend);
      }
      if (!grad.empty())  // a finished sum, added once
        ef::view_parameters(*this, grad).skew[j] += reduce_add(grad_e) * sign * (1 - bounded) * (1 + bounded);
    }
  }

  [[no_unique_address]] ef::Dimension<Dim_> dim_;
};

static_assert(ef::Layer<Skew<float, 2>>);

int main() {
  const bool right = helpers::check_layer("Skew", Skew<double, 2>());

  using Coupling = ef::AffineCoupling<double, 2>;
  using Swap = ef::Permutation<double, 2>;
  std::printf("\n");
  helpers::fit_two_moons<ef::Chain<Coupling, Swap, Skew<double, 2>>>("Real NVP and Skew");
  helpers::fit_two_moons<ef::Chain<Coupling, Swap>>("Real NVP");
  return right ? 0 : 1;
}
