// Your own layer, transformer and conditioner, written outside the library and
// used like its own: Bend, Softscale and Bumps below are all there is to it. A
// flow of the three is fitted to the two moons, beside the library's Real NVP.
//
//     write_your_own [folder]      writes folder/write_your_own.png (out/ unless given)

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <eigenflow/data/two_moons.hpp>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <numbers>
#include <span>
#include <tuple>

#include "picture/picture.hpp"

namespace ef = eigenflow;

/// A layer is a bijection of all features with both directions
/// and their gradients. This one bends each feature,
///
///   y = x + c (√(1 + x²) - 1),   c = 0.9 tanh(bend),   slope 1 + c x / √(1 + x²) in (0.1, 1.9)
///
/// a smooth leaky relu with a learned leak. It solves a quadratic for its inverse: with v = y + c and
/// d = √(v² + 1 - c²), x = (v - c d) / (1 - c²) = y (y + 2c) / (v + c d).
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Bend {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;

  // What it trains, by name. From `layout` the library derives theta's size, views, printing and files.
  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector bend;
  };
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("bend", self.dim())};
  }

  Bend() requires(Dim_ != Eigen::Dynamic) = default;
  explicit Bend(ef::Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* name() { return "Bend"; }
  Eigen::Index dim() const { return dim_; }
  // What makes it anew: its constructor's arguments, for model files.
  static constexpr auto structure() { return std::tuple(ef::Option{"dim", &Bend::dim}); }
  void initialise(std::span<Scalar> theta, ef::Rng&) const {
    std::fill(theta.begin(), theta.end(), Scalar(0));
  }

  struct Tape {
    const Scalar* x;  // N × D: the side that is not bent, whichever direction ran
  };

  Tape forward(std::span<const Scalar> theta, ef::Tile<Scalar>& tile) const {
    const Tape tape{keep(tile)};
    each_feature(theta, tile, [&](const ef::RowStep<Scalar>& step, Eigen::Index j, Number c) {
      const At at(step.load(&tile.values(0, j)), c);
      step.store(&tile.values(0, j), at.x + c * at.rise);
      step.store(tile.log_det.data(), step.load(tile.log_det.data()) + log(at.slope));
    });
    return tape;
  }

  Tape inverse(std::span<const Scalar> theta, ef::Tile<Scalar>& tile) const {
    each_feature(theta, tile, [&](const ef::RowStep<Scalar>& step, Eigen::Index j, Number c) {
      const Number y = step.load(&tile.values(0, j)), v = y + c, rest = Number(1) - c * c;
      const Number d = length(v, sqrt(rest));
      // The form without cancellation for each sign.
      const Number x = select(v * c > Number(0), y * ((y + c + c) / (v + c * d)), (v - c * d) / rest);
      step.store(&tile.values(0, j), x);
      step.store(tile.log_det.data(), step.load(tile.log_det.data()) - log(At(x, c).slope));
    });
    return {keep(tile)};
  }

  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   ef::Tile<Scalar>& tile) const {
    vjp<false>(theta, grad, tape, tile);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   ef::Tile<Scalar>& tile) const {
    vjp<true>(theta, grad, tape, tile);
  }

 private:
  using Number = ef::Lanes<Scalar>;  // several samples of one feature at a time

  // √(a² + b²) for b > 0, also where a² would overflow.
  static Number length(Number a, Number b) {
    const Number large = max(abs(a), b), ratio = min(abs(a), b) / large;
    return large * sqrt(ratio * ratio + Number(1));
  }

  struct At {
    Number x, root, rise, slope;
    At(Number input, Number c) : x(input), root(length(x, Number(1))) {
      rise = x * (x / (root + Number(1)));  // √(1 + x²) - 1
      slope = Number(1) + c * (x / root);
    }
  };

  static Scalar bound(Scalar bend) { return Scalar(0.9) * std::tanh(bend); }

  const Scalar* keep(const ef::Tile<Scalar>& tile) const {
    if (!tile.record) return nullptr;
    typename ef::Tile<Scalar>::Matrix kept = tile.scratch(dim());
    kept = tile.values;
    return kept.data();
  }

  template <class Body>
  void each_feature(std::span<const Scalar> theta, const ef::Tile<Scalar>& tile, Body&& body) const {
    const auto p = ef::view_parameters(*this, theta);
    for (Eigen::Index j = 0; j < dim(); ++j)
      for (const ef::RowStep<Scalar> step : ef::RowSteps<Scalar>(tile.rows()))
        body(step, j, Number(bound(p.bend[j])));
  }

  // Forward: y(x, c) and log slope(x, c). Inverse: the same, turned round by dx = (dy - rise dc) / slope.
  template <bool generating>
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape, ef::Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Scalar bend = ef::view_parameters(*this, theta).bend[j], c = bound(bend);
      Number grad_c(0);
      for (const ef::RowStep<Scalar> step : ef::RowSteps<Scalar>(tile.rows())) {
        const At at(step.load(tape.x + j * tile.rows()), Number(c));
        const Number g = step.load(&tile.grad_values(0, j)),
                     l = step.load(tile.grad_log_det.data()) / at.slope;
        const Number inward = Number(1) / at.root, l_x = l * Number(c) * inward * inward * inward,
                     l_c = l * (at.x * inward);
        if constexpr (generating) {
          const Number g_y = (g - l_x) / at.slope;
          step.store(&tile.grad_values(0, j), g_y);
          grad_c -= g_y * at.rise + l_c;
        } else {
          step.store(&tile.grad_values(0, j), g * at.slope + l_x);
          grad_c += g * at.rise + l_c;
        }
      }
      if (grad.empty()) continue;
      const Scalar tanh = c / Scalar(0.9), slope = Scalar(0.9) * (1 - tanh) * (1 + tanh);
      ef::view_parameters(*this, grad).bend[j] +=
          reduce_add(grad_c * Number(slope));  // a finished sum, added once
    }
  }

  [[no_unique_address]] ef::Dimension<Dim_> dim_;
};

/// A transformer is an invertible scalar map whose parameters a conditioner gives: y = σ x + t with
/// σ = 0.01 + 0.99 softplus(a + ln(e - 1)), which grows
/// linearly where exp would explode. Zero is the identity.
template <class Scalar_>
struct Softscale {
  using Scalar = Scalar_;

  static constexpr const char* name() { return "softscale"; }
  static constexpr Eigen::Index parameters() { return 2; }  // slots 0 and 1: a and t
  static constexpr Eigen::Index kept() { return 1; }        // slot 2, for the gradients

  template <class Number, class Slots>
  ef::Transformed<Number> forward(Number x, const Slots& slots) const {
    const Number t = slots[1], scale = rescale(slots);
    slots.set(1, x);
    return {scale * x + t, log(scale)};
  }
  template <class Number, class Slots>
  ef::Transformed<Number> inverse(Number y, const Slots& slots) const {
    const Number t = slots[1], scale = rescale(slots), x = (y - t) / scale;
    slots.set(1, x);
    return {x, -log(scale)};
  }

  // The slots now hold ∂σ/∂a, x and σ; afterwards ∂loss/∂a and ∂loss/∂t.
  template <class Number, class Slots>
  Number forward_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    slots.set(0, (grad * slots[1] + grad_log_det / slots[2]) * slots[0]);
    slots.set(1, grad);
    return grad * slots[2];
  }
  template <class Number, class Slots>
  Number inverse_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    const Number grad_y = grad / slots[2];
    slots.set(0, -(grad_y * slots[1] + grad_log_det / slots[2]) * slots[0]);
    slots.set(1, -grad_y);
    return grad_y;
  }

 private:
  template <class Slots>
  static ef::Lanes<Scalar> rescale(const Slots& slots) {
    using Number = ef::Lanes<Scalar>;
    const Number a = slots[0] + Number(static_cast<Scalar>(std::log(std::numbers::e - 1)));
    const Number least(Scalar(0.01)), rest(Scalar(0.99)), scale = least + rest * softplus(a);
    slots.set(0, rest * sigmoid(a));
    slots.set(2, scale);
    return scale;
  }
};

/// A conditioner is any differentiable function from the untouched features to
/// the transformer's parameters. Here: a sum of bumps, m(x) = [exp(-p²/2)] A with
/// p = xΩ - φ; directions Ω and places φ are random and fixed, A is trained.
template <class Scalar_>
class Bumps {
 public:
  using Scalar = Scalar_;
  struct Options {
    Eigen::Index count = 48;
    float sharpness = 2;  // standard deviation of Ω
    float reach = 3;      // the bumps' centres lie in [-reach, reach]
    std::uint64_t seed = 1;

    // What a model file must say of them.
    static constexpr auto structure() {
      return std::tuple(ef::Option{"count", &Options::count}, ef::Option{"sharpness", &Options::sharpness},
                        ef::Option{"reach", &Options::reach}, ef::Option{"seed", &Options::seed});
    }
  };

  template <class Visitor>
  struct Parameters {
    typename Visitor::Matrix amplitude;
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

  // Lazy products take no memory of their own; what outlives the call lies in the pass's arena.
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

// The compiler says whether the contracts are met; tests/examples/write_your_own_test.cpp holds the classes
// to the library's own laws.
static_assert(ef::Layer<Bend<float, 2>>);
static_assert(ef::Transformer<Softscale<float>>);
static_assert(ef::Conditioner<Bumps<float>>);

#ifndef EIGENFLOW_EXAMPLE_NO_MAIN

// Fits a flow of eight blocks to the two moons, prints
// KL(p‖q) over fresh rows, draws data, density and samples.
template <class Block>
void run(const char* title, picture::Gallery& gallery, int row) {
  ef::Rng rng(1);
  ef::Flow flow{ef::Chain{ef::Standardize<double, 2>(), ef::Stack<Block>(8)}, rng};
  ef::fit(flow, ef::two_moons<double>(20'000, rng),
          {.epochs = 50, .learning_rate = 5e-3, .schedule = ef::cosine_schedule()});

  const Eigen::MatrixX2d fresh = ef::two_moons<double>(100'000, rng);
  const double kl = (ef::two_moons<double>.log_density(fresh) - flow.log_prob(fresh)).mean();
  std::printf("%-34s %6d parameters   KL %.4f nats\n", title, static_cast<int>(flow.parameters().size()), kl);

  const picture::View view{.x = {-4, 4}, .y = {-4, 4}};
  gallery.panel(row, 0, view).histogram(fresh);
  gallery.panel(row, 1, view).heatmap([&](const Eigen::MatrixX2d& at) -> Eigen::VectorXd {
    return flow.log_prob(at).array().exp();
  });
  gallery.panel(row, 2, view).histogram(flow.sample(100'000, rng));
}

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : "out";
  picture::Gallery gallery({.title = "Your own parts, and the library's",
                            .rows = {"your own", "Real NVP"},
                            .columns = {"data", "density", "samples"},
                            .panel_width = 180,
                            .panel_height = 180});

  using Turn = ef::Permutation<double, 2>;
  using Own = ef::Coupling<Softscale<double>, Bumps<double>, 2>;
  run<ef::Chain<Own, Turn, Bend<double, 2>>>("your own: softscale, bumps, bend", gallery, 0);
  run<ef::Chain<ef::AffineCoupling<double, 2>, Turn>>("Real NVP: affine, mlp 64 64", gallery, 1);

  gallery.write_png(folder / "write_your_own.png");
  std::printf("%s\n", (folder / "write_your_own.png").c_str());
}

#endif
