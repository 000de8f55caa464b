#pragma once

#include <Eigen/Core>
#include <cstdlib>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/nets/kernel/panels.hpp"

namespace eigenflow::nets {

/// An embedded flow is not trained: no dropout.
template <class Scalar>
Panels<Scalar> draw_dropout(DropoutSource&, double, Eigen::Index, Eigen::Index, Arena&) {
  std::abort();
}

}  // namespace eigenflow::nets
