#pragma once

#include <Eigen/Core>

// What is asked of layers and bases alike, in a flow and in an embedded one.

namespace eigenflow {

/// The two ways through a layer: data x → latent z, and back.
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

}  // namespace eigenflow
