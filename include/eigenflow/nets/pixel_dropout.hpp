#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/nets/dropout.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/nets/kernel/planes.hpp"
#include "eigenflow/numerics/piece_count.hpp"

namespace eigenflow::nets {

/// Calls set(pixel, sample, channel, factor) with the dropout factor of every number of a batch of images.
template <class Scalar, class Images, class Set>
void draw_pixel_factors(DropoutSource& source, double rate, const Images& values, const Set& set) {
  const DropoutDraws<Scalar> draws(source, rate);
  const Eigen::Index channels = values.channels, blocks = detail::piece_count(channels, 4);
  for (Eigen::Index pixel = 0; pixel < values.height * values.width; ++pixel)
    for (Eigen::Index n = 0; n < values.samples; ++n)
      for (Eigen::Index c = 0; c < channels; c += 4)
        draws.draw(n, 4 * (pixel * blocks) + c, channels - c,
                   [&](Eigen::Index k, Scalar factor) { set(pixel, n, c + k, factor); });
}

/// The factors of dropout for every channel of every pixel, in the layout of `values`; the filling is zero.
template <class Scalar>
Scalar* draw_pixel_dropout(DropoutSource& source, double rate, const Pixels<Scalar>& values, Arena& arena) {
  const auto mask = values.like(arena, values.channels);
  std::fill_n(mask.data, mask.size(), Scalar(0));
  draw_pixel_factors<Scalar>(
      source, rate, values, [&](Eigen::Index pixel, Eigen::Index n, Eigen::Index c, Scalar factor) {
        mask.pixel(pixel / mask.width, pixel % mask.width)[n * mask.stride() + c] = factor;
      });
  return mask.data;
}
template <class Scalar>
Scalar* draw_pixel_dropout(DropoutSource& source, double rate, const Planes<Scalar>& values, Arena& arena) {
  const auto mask = values.like(arena, values.channels);
  std::fill_n(mask.data, mask.size(), Scalar(0));
  draw_pixel_factors<Scalar>(source, rate, values,
                             [&](Eigen::Index pixel, Eigen::Index n, Eigen::Index c, Scalar factor) {
                               mask.at(pixel, c)[n] = factor;
                             });
  return mask.data;
}

}  // namespace eigenflow::nets
