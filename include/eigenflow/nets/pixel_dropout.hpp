#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/nets/dropout.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/numerics/piece_count.hpp"

namespace eigenflow::nets {

/// The factors of dropout for every channel of every pixel.
template <class Scalar>
const Scalar* draw_pixel_dropout(DropoutSource& source, double rate, const Pixels<Scalar>& values,
                                 Arena& arena) {
  const DropoutDraws<Scalar> draws(source, rate);
  const auto mask = values.like(arena, values.channels);
  const Eigen::Index channels = mask.channels, blocks = detail::piece_count(channels, 4);
  Eigen::Index place = 0;
  for (Eigen::Index y = 0; y < mask.height; ++y)
    for (Eigen::Index x = 0; x < mask.width; ++x, ++place)
      for (Eigen::Index n = 0; n < mask.samples; ++n) {
        Scalar* const row = mask.pixel(y, x) + n * mask.stride();
        std::fill(row + channels, row + mask.stride(), Scalar(0));
        for (Eigen::Index c = 0; c < channels; c += 4)
          draws.draw(n, 4 * (place * blocks) + c, channels - c,
                     [&](Eigen::Index k, Scalar factor) { row[c + k] = factor; });
      }
  return mask.data;
}

}  // namespace eigenflow::nets
