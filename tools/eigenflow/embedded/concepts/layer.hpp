#pragma once

#include <Eigen/Core>
#include <span>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

// The layers of an embedded flow are those of the flow in the file, and start from no data.

template <class L>
concept Layer = true;

enum class Direction { forward, inverse };
constexpr Direction opposite(Direction direction) {
  return direction == Direction::forward ? Direction::inverse : Direction::forward;
}

template <class Scalar>
struct TileSource {
  template <class Visit>
  void operator()(const Visit&) const {}
};
template <class L, class Scalar>
void start_from_data(L&, std::span<Scalar>, const TileSource<Scalar>&, Direction) {}

/// The columns of context that a layer or a base reads.
template <class Part>
constexpr Eigen::Index context_dim(const Part& part) {
  if constexpr (requires { part.context_dim(); })
    return part.context_dim();
  else
    return 0;
}

}  // namespace eigenflow
