#pragma once

#include <Eigen/Core>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The shape of images. A row of a batch has an image channel by channel, and each channel line by line: channel c of the
/// pixel in line y and column x is feature (c height + y) width + x.
struct Image {
  Eigen::Index channels, height, width;

  Eigen::Index pixels() const { return height * width; }
  Eigen::Index dim() const { return channels * pixels(); }
  Eigen::Index feature(Eigen::Index c, Eigen::Index y, Eigen::Index x) const {
    return (c * height + y) * width + x;
  }
};

namespace detail {

inline std::string text_of(const Image& image) {
  return std::to_string(image.channels) + " × " + std::to_string(image.height) + " × " +
         std::to_string(image.width);
}

inline void check_image(const Image& image) {
  const bool fits =
      saturating_product(image.channels, saturating_product(image.height, image.width)) < largest_count;
  if (image.channels < 1 || image.height < 1 || image.width < 1 || !fits)
    reject("an image has one channel and one pixel or more, but got " + text_of(image) +
           " (channels × height × width)");
}

/// The permutation that puts the features of an image in the order in which list(take) calls take(c, y, x).
template <class Scalar, class List>
Permutation<Scalar> image_order(const Image& image, const List& list) {
  std::vector<Eigen::Index> order;
  order.reserve(static_cast<std::size_t>(image.dim()));
  list([&](Eigen::Index c, Eigen::Index y, Eigen::Index x) { order.push_back(image.feature(c, y, x)); });
  return Permutation<Scalar>(std::move(order));
}

}  // namespace detail

/// The squeezing of Real NVP (Dinh et al., arXiv:1605.08803, section 3.6 and fig. 3): an image of C × H × W becomes one of
/// 4C × H/2 × W/2. Every square of 2 × 2 pixels becomes one pixel of four channels, line by line: channel 4c + 2i + j has
/// the pixels (2y + i, 2x + j) of channel c. Throws std::invalid_argument if a side is odd.
template <class Scalar>
Permutation<Scalar> squeeze(const Image& image) {
  detail::check_image(image);
  if (image.height % 2 != 0 || image.width % 2 != 0)
    detail::reject("squeeze halves both sides of an image, but one side of " + detail::text_of(image) +
                   " (channels × height × width) is odd: pad or crop the images to even sides");
  return detail::image_order<Scalar>(image, [&](const auto& take) {
    for (Eigen::Index c = 0; c < image.channels; ++c)
      for (Eigen::Index i = 0; i < 2; ++i)
        for (Eigen::Index j = 0; j < 2; ++j)
          for (Eigen::Index y = i; y < image.height; y += 2)
            for (Eigen::Index x = j; x < image.width; x += 2) take(c, y, x);
  });
}
/// The shape after `squeeze`.
inline Image squeezed(const Image& image) {
  return {4 * image.channels, image.height / 2, image.width / 2};
}

/// The checkerboard of Real NVP (section 3.4 and fig. 3): the white pixels of all channels come first, so that a coupling
/// of half of the features has them as its first half. A pixel is white if y + x is even; the pixels of a colour keep
/// their order. Throws std::invalid_argument if both sides are odd: then there are more white pixels than black ones.
template <class Scalar>
Permutation<Scalar> checkerboard_order(const Image& image) {
  detail::check_image(image);
  if (image.height % 2 != 0 && image.width % 2 != 0)
    detail::reject("a checkerboard has as many black pixels as white ones, but both sides of " +
                   detail::text_of(image) +
                   " (channels × height × width) are odd: pad or crop the images to an even height or width");
  return detail::image_order<Scalar>(image, [&](const auto& take) {
    for (Eigen::Index colour = 0; colour < 2; ++colour)
      for (Eigen::Index c = 0; c < image.channels; ++c)
        for (Eigen::Index y = 0; y < image.height; ++y)
          for (Eigen::Index x = (y + colour) % 2; x < image.width; x += 2) take(c, y, x);
  });
}

}  // namespace eigenflow
