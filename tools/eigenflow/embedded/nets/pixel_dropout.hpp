#pragma once

#include <Eigen/Core>
#include <cstdlib>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"

namespace eigenflow::nets {

/// An embedded flow is not trained: no dropout.
template <class Scalar>
const Scalar* draw_pixel_dropout(DropoutSource&, double, const Pixels<Scalar>&, Arena&) {
  std::abort();
}

}  // namespace eigenflow::nets
