#pragma once

#include <Eigen/Core>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/front.hpp"
#include "eigenflow/compose/per_pixel.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/conditioners/conv_net.hpp"
#include "eigenflow/images/image.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/maps/scale_maps.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/transformers/affine.hpp"

namespace eigenflow {

/// The shape of a Glow.
struct GlowOptions {
  Eigen::Index levels = 2;                        ///< each halves the sides of the image
  Eigen::Index steps = 8;                         ///< of each level
  std::vector<Eigen::Index> hidden = {64, 64};    ///< channels of the networks
  std::vector<Eigen::Index> kernels = {3, 1, 3};  ///< one for each hidden layer and the last
  Activation activation = Activation::relu;
  double dropout = 0;  ///< share of each hidden layer that a training step leaves out
  Eigen::Index context_dim =
      0;  ///< numbers of the context, such as a class (one-hot), which every network reads
};

/// A step of Glow: normalise the channels, mix them, transform half of them given the others.
template <class Scalar>
using GlowStep = Chain<PerPixel<Chain<ActNorm<Scalar>, LuLinear<Scalar>>>,
                       Coupling<Affine<Scalar, SigmoidScale>, ConvNet<Scalar>>>;
/// Squeeze, steps, and the density of the channels that leave, given those that stay. Around<Step> is put around every step.
template <class Scalar, template <class> class Around = std::type_identity_t>
using GlowLevel =
    Chain<Permutation<Scalar>, Stack<Around<GlowStep<Scalar>>>, Coupling<Affine<Scalar>, ConvNet<Scalar>>>;
template <class Scalar, template <class> class Around = std::type_identity_t>
using Glow = Stack<Front<GlowLevel<Scalar, Around>>>;

/// Glow (Kingma & Dhariwal, arXiv:1807.03039, fig. 2): the layers of a flow of images (N × C H W). Each level squeezes the
/// image and takes `steps` steps. Then half of the channels leave, normal given the others (section 3.6 of Real NVP,
/// arXiv:1605.08803); in the paper the last level keeps all of its channels. Use DiagonalNormal as the base:
///
///   ef::Flow flow{ef::glow<float>({1, 28, 28}, {.levels = 2}, rng), ef::DiagonalNormal<float>(784), rng};
///
/// `rng` draws the permutations of the mixing layers. With glow<float, Recompute>(...) training takes a third of the memory and a
/// third more time.
///
/// Throws std::invalid_argument unless there are 1 to 30 levels, one step or more, and sides that 2^levels divides.
template <class Scalar, template <class> class Around = std::type_identity_t>
Glow<Scalar, Around> glow(Image image, const GlowOptions& options, Rng& rng) {
  detail::check_image(image);
  if (options.levels < 1 || options.levels > 30 || options.steps < 1)
    detail::reject("a Glow needs 1 to 30 levels and one step or more, but got " +
                   std::to_string(options.levels) + " and " + std::to_string(options.steps));
  const Eigen::Index dim = image.dim(), unit = Eigen::Index{1} << options.levels;
  if (image.height % unit != 0 || image.width % unit != 0)
    detail::reject("each level of a Glow halves the sides of its image, so that " +
                   std::to_string(options.levels) + " levels need sides that " + std::to_string(unit) +
                   " divides, but got " + std::to_string(image.height) + " × " + std::to_string(image.width) +
                   ": take fewer levels, or pad the images");
  using Step = Around<GlowStep<Scalar>>;
  using Level = GlowLevel<Scalar, Around>;
  std::vector<Front<Level>> levels;
  for (Eigen::Index level = 0; level < options.levels; ++level) {
    const Image inner = squeezed(image);
    const Eigen::Index half = inner.dim() / 2;
    ConvNetOptions network{.height = inner.height,
                           .width = inner.width,
                           .hidden = options.hidden,
                           .kernels = options.kernels,
                           .activation = options.activation,
                           .dropout = options.dropout,
                           .broadcast = options.context_dim};
    const auto step = [&](Eigen::Index) {
      Chain mix{ActNorm<Scalar>(inner.channels),
                LuLinear<Scalar>(Permutation<Scalar>::random(inner.channels, rng), 0.1)};
      return Step(GlowStep<Scalar>({inner.pixels(), std::move(mix)},
                                   {inner.dim(), half, network, {}, options.context_dim}));
    };
    Stack<Step> steps(options.steps, step);
    network.hidden.clear();
    network.kernels = {3};
    levels.emplace_back(dim, Level(squeeze<Scalar>(image), std::move(steps),
                                   {inner.dim(), half, network, {}, options.context_dim}));
    image = {inner.channels / 2, inner.height, inner.width};
  }
  return Glow<Scalar, Around>(std::move(levels));
}

}  // namespace eigenflow
