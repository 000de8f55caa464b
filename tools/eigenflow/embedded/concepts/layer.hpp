#pragma once

#include <Eigen/Core>
#include <span>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/moving_rows.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/direction.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

// The layers of an embedded flow are those of the flow in the file. They do not start from data.

template <class L>
concept Layer = true;

template <class L, class Scalar, class Rows>
void start_from_data(L&, std::span<Scalar>, const Rows&, Direction) {}

namespace detail {

/// Checked already: one of them, or both, or none.
constexpr Eigen::Index common_context(const char*, Eigen::Index some, Eigen::Index others) {
  return some > 0 ? some : others;
}

}  // namespace detail

}  // namespace eigenflow
