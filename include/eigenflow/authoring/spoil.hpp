#pragma once

#include <Eigen/Core>
#include <limits>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"

namespace eigenflow::detail {

/// Makes samples NaN whose context is not finite: a network may hide a NaN (relu does), but such a row has no density.
template <class Scalar>
void spoil_without_context(Tile<Scalar>& tile) {
  for (Eigen::Index j = 0; j < tile.context.cols(); ++j)
    for (Eigen::Index i = 0; i < tile.rows(); ++i)
      if (!is_finite(tile.context(i, j)))
        tile.values.row(i).setConstant(std::numeric_limits<Scalar>::quiet_NaN());
}

}  // namespace eigenflow::detail
