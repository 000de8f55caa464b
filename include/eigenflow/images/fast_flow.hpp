#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <utility>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/per_pixel.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/conditioners/conv_net.hpp"
#include "eigenflow/images/image.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/maps/scale_maps.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/transformers/affine.hpp"

namespace eigenflow {

/// The shape of a FastFlow.
struct FastFlowOptions {
  Eigen::Index steps = 8;           ///< one or more
  double hidden_ratio = 1;          ///< hidden channels for each channel that a network reads
  bool only_large_kernels = false;  ///< 3 × 3 throughout, not 3 × 3 and 1 × 1 in turn
  double clamp = 2;                 ///< log-scales are within ± this
};

/// A step of FastFlow: transform half of the channels given the others, scale and shift each, exchange them.
template <class Scalar>
using FastFlowStep = Chain<Coupling<Affine<Scalar, TanhBound>, ConvNet<Scalar>>,
                           PerPixel<Chain<ActNorm<Scalar>, Permutation<Scalar>>>>;
template <class Scalar>
using FastFlow = Stack<FastFlowStep<Scalar>>;

/// FastFlow (Yu et al., arXiv:2111.07677, section 3.2): a flow of feature maps (N × C H W) that finds defects: pixel_scores
/// says how unlikely each pixel is. `rng` draws the orders of the channels.
///
/// Throws std::invalid_argument for fewer than two channels, no step, no pixel, or a ratio of hidden channels outside of
/// (0, 1000].
template <class Scalar>
FastFlow<Scalar> fast_flow(const Image& image, const FastFlowOptions& options, Rng& rng) {
  detail::check_image(image);
  if (image.channels < 2 || options.steps < 1 || !(options.hidden_ratio > 0 && options.hidden_ratio <= 1000))
    detail::reject(
        "a FastFlow needs two channels or more, one step or more and a hidden_ratio above 0 and up to 1000, "
        "but got " +
        std::to_string(image.channels) + ", " + std::to_string(options.steps) + " and a ratio of " +
        detail::decimal(options.hidden_ratio));
  const Eigen::Index kept = image.channels - image.channels / 2;
  const auto hidden =
      std::max<Eigen::Index>(1, static_cast<Eigen::Index>(options.hidden_ratio * static_cast<double>(kept)));
  return FastFlow<Scalar>(options.steps, [&](Eigen::Index step) {
    const Eigen::Index kernel = step % 2 == 1 && !options.only_large_kernels ? 1 : 3;
    const ConvNetOptions network{
        .height = image.height, .width = image.width, .hidden = {hidden}, .kernels = {kernel, kernel}};
    Chain exchange{ActNorm<Scalar>(image.channels), Permutation<Scalar>::random(image.channels, rng)};
    return FastFlowStep<Scalar>(
        {image.dim(), kept * image.pixels(), network, Affine<Scalar, TanhBound>{TanhBound(options.clamp)}},
        {image.pixels(), std::move(exchange)});
  });
}

/// The scores of a FastFlow's pixels from its latent z (N × C H W): N × H W, the mean of z²/2 over the channels, which is
/// that of -log N(z; 0, 1) up to a constant, nats. The published anomaly map is -exp(-score).
///
/// Throws std::invalid_argument unless z has the columns of the image.
template <class Derived>
MatrixX<typename Derived::Scalar> pixel_scores(const Eigen::MatrixBase<Derived>& z, const Image& image) {
  using Scalar = typename Derived::Scalar;
  if (z.cols() != image.dim())
    detail::reject("pixel_scores needs the " + std::to_string(image.dim()) + " columns of an image of " +
                   detail::text_of(image) + ", but got " + std::to_string(z.cols()));
  MatrixX<Scalar> scores = MatrixX<Scalar>::Zero(z.rows(), image.pixels());
  for (Eigen::Index c = 0; c < image.channels; ++c)
    scores += z.middleCols(c * image.pixels(), image.pixels()).cwiseAbs2();
  return scores / static_cast<Scalar>(2 * image.channels);
}

}  // namespace eigenflow
