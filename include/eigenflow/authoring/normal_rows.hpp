#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// Fills tile.values with rows first_row, first_row + 1, ... of the sample of `rng`: standard normal numbers, times the
/// temperature.
template <class Scalar>
void draw_normal_rows(Rng rng, Eigen::Index first_row, Scalar temperature, Tile<Scalar>& tile) {
  rng.discard(static_cast<std::uint64_t>(first_row * tile.cols()));
  rng.fill_normal(tile.values);
  if (temperature != 1) tile.values *= temperature;
}

}  // namespace eigenflow
