#pragma once

#include <Eigen/Core>
#include <limits>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/correlations.hpp"

namespace eigenflow {

/// The Cholesky factor K (D × D, lower triangular) of the correlations K Kᵀ of data with this mean and scale of each
/// feature, shrunk as far as left-out rows ask for it: see Correlations.
template <class Scalar, class Numbers>
MatrixX<double> correlation_factor(const TileSource<Scalar>& tiles, const Numbers& mean,
                                   const Numbers& scale) {
  Correlations<double> correlations(mean.size());
  tiles([&](const Tile<Scalar>& tile) {
    MatrixX<double> t = tile.values.template cast<double>();
    for (Eigen::Index j = 0; j < t.cols(); ++j)
      t.col(j) = (t.col(j).array() - static_cast<double>(mean[j])) / static_cast<double>(scale[j]);
    correlations.add(t);
  });
  // Half of the digits of a combination of features that is nearly constant survive the division.
  const double least = 64 * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
  return correlations.factor(correlations.shrinkage(least));
}

}  // namespace eigenflow
