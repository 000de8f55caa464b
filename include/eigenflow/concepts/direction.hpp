#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/authoring/tile.hpp"

// Functions of layers and bases, for flows and embedded flows.

namespace eigenflow {

/// The two directions of a layer: data x → latent z, and back.
enum class Direction { forward, inverse };

constexpr Direction opposite(Direction direction) {
  return direction == Direction::forward ? Direction::inverse : Direction::forward;
}

/// The columns of context that a layer or a base reads.
template <class Part>
constexpr Eigen::Index context_dim(const Part& part) {
  if constexpr (requires { part.context_dim(); })
    return part.context_dim();
  else
    return 0;
}

/// The most rows that a part (a layer, conditioner or base) gets in one tile: tile_rows, or fewer if it says so.
template <class Part>
constexpr Eigen::Index rows_together(const Part& part) {
  if constexpr (requires { part.rows_together(); })
    return std::clamp<Eigen::Index>(part.rows_together(), 1, tile_rows);
  else
    return tile_rows;
}

}  // namespace eigenflow
