// A multi-scale flow of images made of the compositions: the levels of Glow (arXiv:1807.03039, fig. 2), with networks in
// place of convolutions.
#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/front.hpp"
#include "eigenflow/compose/per_pixel.hpp"
#include "eigenflow/compose/recompute.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/images/image.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

template <class S>
using Step = ef::Chain<ef::PerPixel<ef::Chain<ef::ActNorm<S>, ef::LuLinear<S>>>, ef::AffineCoupling<S>>;
template <class S>
using Levels = ef::Stack<ef::Front<ef::Chain<ef::Permutation<S>, ef::Stack<Step<S>>>>>;

/// A level of a flow of `dim` features, on an image in this order.
template <class S>
auto level(Index dim, const ef::Permutation<S>& order, ef::Image image, Index steps) {
  const Step<S> step(
      {image.pixels(), ef::Chain(ef::ActNorm<S>(image.channels), ef::LuLinear<S>(image.channels))},
      ef::AffineCoupling<S>(image.dim(), {.hidden = {3}, .activation = ef::Activation::tanh}));
  return ef::Front(dim, ef::Chain(order, ef::Stack(steps, step)));
}

/// Each level squeezes half of the channels of the level before.
template <class S>
Levels<S> squeezing_levels(ef::Image image, Index count, Index steps) {
  const Index dim = image.dim();
  return Levels<S>(count, [&](Index) {
    const auto order = ef::squeeze<S>(image);
    const ef::Image small = ef::squeezed(image);
    image = {small.channels / 2, small.height, small.width};
    return level(dim, order, small, steps);
  });
}

/// Few channels at both levels: the inverse of a triangle whose entries have size 1000 has entries up to
/// 1000^(channels - 1), and two of these must not overflow.
template <class S>
Levels<S> small_levels() {
  return Levels<S>(2, [](Index i) {
    if (i == 0) return level(8, ef::Permutation<S>::reverse(8), {2, 2, 2}, 1);
    return level(8, ef::checkerboard_order<S>({1, 2, 2}), {2, 1, 2}, 1);  // colours as channels
  });
}

}  // namespace

TEST_CASE("a multi-scale flow of images obeys the laws") {
  const contract::Options options{.extreme_exponent = 0.4};
  contract::check_layer<8>(
      "one level",
      []<class S, int D>(contract::Kind<S, D>) {
        return squeezing_levels<S>({1, 4, 2}, 1, 2);
      },
      options);
  contract::check_layer<8>(
      "two levels", []<class S, int D>(contract::Kind<S, D>) { return small_levels<S>(); }, options);
}

TEST_CASE("a multi-scale flow of images is fitted") {
  // Two blobs of pixels that rise and fall together.
  ef::Rng rng(1);
  MatrixXd x(600, 16);
  rng.fill_normal(x);
  const Eigen::VectorXd left = contract::random_normal<double>(600, 1, 2);
  for (Index j = 0; j < 16; ++j) x.col(j) = 0.3 * x.col(j) + (j % 4 < 2 ? left : Eigen::VectorXd(-2 * left));
  ef::Flow flow{squeezing_levels<double>({1, 4, 4}, 2, 3), ef::DiagonalNormal<double>(16), rng};
  const double before = -flow.log_prob(x).mean();
  ef::fit(flow, x, {.epochs = 20, .learning_rate = 3e-3, .progress = false});
  const double after = -flow.log_prob(x).mean();
  CHECK(after < before - 5);
  // The samples have the sides that rise and fall together.
  const MatrixXd samples = flow.sample(2000, rng);
  const Eigen::VectorXd a = samples.col(0) + samples.col(4), b = samples.col(3) + samples.col(7);
  CHECK(a.dot(b) / (a.norm() * b.norm()) < -0.8);
}
