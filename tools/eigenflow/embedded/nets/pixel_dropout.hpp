#pragma once

#include <Eigen/Core>
#include <cstdlib>

#include "eigenflow/authoring/tile.hpp"

namespace eigenflow::nets {

/// An embedded flow is not trained: no dropout.
template <template <class> class Images, class Scalar>
Scalar* draw_pixel_dropout(DropoutSource&, double, const Images<Scalar>&, Arena&) {
  std::abort();
}

}  // namespace eigenflow::nets
