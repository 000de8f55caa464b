#pragma once

#include <Eigen/Core>
#include <limits>
#include <utility>

#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/equal_to_rounding.hpp"
#include "eigenflow/numerics/feature_moments.hpp"

// The start of a context from data: the means and scales of its columns.

namespace eigenflow::detail {

/// Mean and scale of each column of the context of all tiles. The scale of a column whose values differ only by rounding is
/// `no_matter`. With `keep_flags` a column of zeros and ones has mean 0 and scale 1. Returns false if there are no rows.
template <class Numbers, class Scalar = typename Numbers::Scalar>
bool take_context(const TileSource<Scalar>& tiles, Eigen::Index columns, bool keep_flags, Numbers& mean,
                  Numbers& scale) {
  FeatureMoments moments(columns);
  VectorX<Scalar> low = VectorX<Scalar>::Constant(columns, std::numeric_limits<Scalar>::max()), high = -low;
  VectorX<Scalar> others = VectorX<Scalar>::Zero(columns);  // positive if there are values but zero and one
  tiles([&](const Tile<Scalar>& tile) {
    if (tile.rows() == 0) return;
    moments.add(tile.context);
    low = low.cwiseMin(tile.context.colwise().minCoeff().transpose());
    high = high.cwiseMax(tile.context.colwise().maxCoeff().transpose());
    for (Eigen::Index j = 0; j < columns; ++j)
      others[j] += (tile.context.col(j).array() * (1 - tile.context.col(j).array())).abs().maxCoeff();
  });
  if (moments.rows() == 0) return false;
  mean.resize(columns);
  scale.resize(columns);
  for (Eigen::Index j = 0; j < columns; ++j) {
    const bool flag = keep_flags && others[j] == 0;
    const bool constant = equal_to_rounding(low[j], high[j]);
    mean[j] = flag && !constant ? Scalar(0) : static_cast<Scalar>(moments.mean(j));
    scale[j] = constant ? ContextUnits<Scalar>::no_matter
               : flag   ? Scalar(1)
                        : static_cast<Scalar>(moments.template scale<Scalar>(j));
  }
  return true;
}

/// Takes the units of a context from data, if they are to be taken.
template <class Scalar>
void start_context(ContextUnits<Scalar>& result, Eigen::Index columns, const TileSource<Scalar>& tiles) {
  if (!result.awaited()) return;
  VectorX<Scalar> mean, scale;
  if (take_context(tiles, columns, true, mean, scale))
    result = ContextUnits<Scalar>(std::move(mean), std::move(scale));
}

/// Lets a base take the units of its context from data, if it has such units. A Mixture does so with all rows, before each
/// component starts from its own group of them.
template <class B>
void start_context(B& base, const TileSource<typename B::Scalar>& tiles) {
  if constexpr (requires { base.start_context(tiles); }) base.start_context(tiles);
}

}  // namespace eigenflow::detail
