#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/authoring/order.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/front.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/per_pixel.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/conditioners/conv_residual_net.hpp"
#include "eigenflow/images/image.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/feature_support.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/support.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/transformers/affine.hpp"

namespace eigenflow {

/// The shape of a Real NVP of images.
struct ImageRealNvpOptions {
  Eigen::Index scales = 2;       ///< each but the last halves the sides of the image
  Eigen::Index couplings = 3;    ///< of a checkerboard, and then of channels, at each scale
  Eigen::Index channels = 64;    ///< of the residual networks
  Eigen::Index blocks = 4;       ///< of the residual networks
  double margin = 0.05;          ///< α: the logit is of α + (1 - 2α) x
  Eigen::Index context_dim = 0;  ///< numbers of the context, which every network reads
};

/// A coupling of an image whose conditioner is a residual network, with its channels normalised behind it. The paper has
/// batch normalization there, whose statistics depend on the batch.
template <class Scalar>
using ImageCoupling = Chain<Permutation<Scalar>, Coupling<Affine<Scalar>, ConvResidualNet<Scalar>>,
                            Inverse<Permutation<Scalar>>, PerPixel<ActNorm<Scalar>>>;
/// Couplings of a checkerboard, squeezing, couplings of channels.
template <class Scalar>
using ImageRealNvpScale =
    Chain<Stack<ImageCoupling<Scalar>>, Permutation<Scalar>, Stack<ImageCoupling<Scalar>>>;
template <class Scalar>
using ImageRealNvp =
    Chain<Support<Scalar>, Stack<Front<ImageRealNvpScale<Scalar>>>, Front<Stack<ImageCoupling<Scalar>>>>;

namespace detail {

/// `count` couplings of a checkerboard, or of the channels, which transform the two halves in turn.
template <class Scalar>
Stack<ImageCoupling<Scalar>> image_couplings(const Image& image, bool checkerboard, Eigen::Index count,
                                             const ImageRealNvpOptions& options) {
  return Stack<ImageCoupling<Scalar>>(count, [&](Eigen::Index i) {
    std::vector<Eigen::Index> order = in_order(image.dim());
    if (checkerboard) order = checkerboard_order<Scalar>(image).indices();
    const bool second = i % 2 == 1;
    if (second) std::rotate(order.begin(), order.begin() + image.dim() / 2, order.end());
    const ConvResidualNetOptions network{.height = image.height,
                                         .width = image.width,
                                         .channels = options.channels,
                                         .blocks = options.blocks,
                                         .broadcast = options.context_dim,
                                         .checkerboard = !checkerboard ? Colour::all
                                                         : second      ? Colour::odd
                                                                       : Colour::even};
    const Permutation<Scalar> halves(order);
    return ImageCoupling<Scalar>(halves, {image.dim(), image.dim() / 2, network, {}, options.context_dim},
                                 Inverse(halves), {image.pixels(), ActNorm<Scalar>(image.channels)});
  });
}

}  // namespace detail

/// Real NVP of images (Dinh et al., arXiv:1605.08803, sections 3.4 to 3.7): the layers of a flow of images (N × C H W) with
/// pixels in [0, 1]. First comes the logit of the pixels. Each scale has couplings of checkerboards and of channels,
/// and then half of the features leave; the last scale has couplings of checkerboards alone:
///
///   ef::Flow flow{ef::image_real_nvp<float>({3, 32, 32}, {.scales = 2}), rng};
///
/// Throws std::invalid_argument unless there are 2 to 31 scales, one coupling or more, a margin inside of (0, 0.5), and
/// sides that 2^(scales - 1) divides; or if both sides of the last scale are odd.
template <class Scalar>
ImageRealNvp<Scalar> image_real_nvp(Image image, const ImageRealNvpOptions& options) {
  detail::check_image(image);
  if (options.scales < 2 || options.scales > 31 || options.couplings < 1)
    detail::reject("image_real_nvp needs 2 to 31 scales and one coupling or more, but got " +
                   std::to_string(options.scales) + " and " + std::to_string(options.couplings));
  const Eigen::Index dim = image.dim(), unit = Eigen::Index{1} << (options.scales - 1);
  if (!(options.margin > 0 && options.margin < 0.5))
    detail::reject("the margin of the pixels' logit must be above 0 and below 0.5, but is " +
                   detail::decimal(options.margin));
  if (image.height % unit != 0 || image.width % unit != 0)
    detail::reject("every scale but the last halves the sides of its image, so that " +
                   std::to_string(options.scales) + " scales need sides that " + std::to_string(unit) +
                   " divides, but got " + std::to_string(image.height) + " × " + std::to_string(image.width) +
                   ": take fewer scales, or pad the images");
  const double beyond = options.margin / (1 - 2 * options.margin);
  const FeatureSupport pixel{-beyond, 1 + beyond};
  std::vector<Front<ImageRealNvpScale<Scalar>>> scales;
  for (Eigen::Index scale = 0; scale + 1 < options.scales; ++scale) {
    const Image inner = squeezed(image);
    scales.emplace_back(dim, ImageRealNvpScale<Scalar>(
                                 detail::image_couplings<Scalar>(image, true, options.couplings, options),
                                 squeeze<Scalar>(image),
                                 detail::image_couplings<Scalar>(inner, false, options.couplings, options)));
    image = {inner.channels / 2, inner.height, inner.width};
  }
  auto last = detail::image_couplings<Scalar>(image, true, options.couplings + 1, options);
  return ImageRealNvp<Scalar>(
      Support<Scalar>(std::vector<FeatureSupport>(static_cast<std::size_t>(dim), pixel)),
      Stack<Front<ImageRealNvpScale<Scalar>>>(std::move(scales)), {dim, std::move(last)});
}

}  // namespace eigenflow
