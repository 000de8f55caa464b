#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <string>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/images/image.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

namespace detail {

/// Where pixel `place` of a line of `to` pixels lies in a line of `from` pixels, by their centres: from pixel `at`, `share`
/// of the way to pixel `next`, which is `at` itself at the edge.
struct BetweenPixels {
  Eigen::Index at, next;
  double share;

  BetweenPixels(Eigen::Index place, Eigen::Index from, Eigen::Index to) {
    const double centre = std::clamp(
        (static_cast<double>(place) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5, 0.0,
        static_cast<double>(from - 1));
    at = static_cast<Eigen::Index>(centre);
    next = std::min(at + 1, from - 1);
    share = centre - static_cast<double>(at);
  }
};

}  // namespace detail

/// Images (N × C H W) of another height and width by bilinear interpolation between the centres of pixels, as in PyTorch
/// (align_corners = False): N × C height width. Pixels beyond the edge repeat it. Use it to lay the scores of feature maps
/// over the image. Throws std::invalid_argument unless x has the columns of the image and both sizes have pixels.
template <class Derived>
MatrixX<typename Derived::Scalar> resize(const Eigen::MatrixBase<Derived>& x, const Image& image,
                                         Eigen::Index height, Eigen::Index width) {
  using Scalar = typename Derived::Scalar;
  detail::check_image(image);
  if (x.cols() != image.dim())
    detail::reject("resize needs the " + std::to_string(image.dim()) + " columns of an image of " +
                   detail::text_of(image) + ", but got " + std::to_string(x.cols()));
  const Image to{image.channels, height, width};
  detail::check_image(to);
  MatrixX<Scalar> result(x.rows(), to.dim());
  for (Eigen::Index v = 0; v < height; ++v) {
    const detail::BetweenPixels line(v, image.height, height);
    for (Eigen::Index u = 0; u < width; ++u) {
      const detail::BetweenPixels column(u, image.width, width);
      const auto a = static_cast<Scalar>(line.share), b = static_cast<Scalar>(column.share);
      for (Eigen::Index c = 0; c < image.channels; ++c)
        result.col(to.feature(c, v, u)) = (1 - a) * ((1 - b) * x.col(image.feature(c, line.at, column.at)) +
                                                     b * x.col(image.feature(c, line.at, column.next))) +
                                          a * ((1 - b) * x.col(image.feature(c, line.next, column.at)) +
                                               b * x.col(image.feature(c, line.next, column.next)));
    }
  }
  return result;
}

}  // namespace eigenflow
