#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string>

#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// Checks the sizes of a whole step, for every optimizer.
inline void check_step(Eigen::Index state, std::size_t theta, std::size_t grad) {
  if (theta == grad && static_cast<std::size_t>(state) == theta) return;
  reject("an optimizer's step needs a state, a theta and a gradient of one size, but got " +
         std::to_string(state) + ", " + std::to_string(theta) + " and " + std::to_string(grad) +
         ": start(flow.parameters().size()) gives the state");
}

}  // namespace eigenflow::detail
