#pragma once

#include <Eigen/Core>
#include <cmath>
#include <string>
#include <utility>

#include "eigenflow/authoring/list.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/numerics/feature_moments.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// Mean and scale of each feature, the structure of layers that standardise data. They are the identity until they are
/// set, once, by the user or from data.
template <class Scalar>
struct FeatureStatistics {
  Numbers<Scalar> mean;
  Numbers<Scalar> scale;
  bool known = false;

  explicit FeatureStatistics(Eigen::Index dim)
      : mean(VectorX<Scalar>::Zero(dim)), scale(VectorX<Scalar>::Ones(dim)) {}

  /// Throws std::invalid_argument unless both have D entries, the means are finite and the scales positive.
  constexpr FeatureStatistics(const char* layer, Numbers<Scalar> given_mean, Numbers<Scalar> given_scale,
                              bool given)
      : mean(std::move(given_mean)), scale(std::move(given_scale)), known(given) {
    if (scale.size() != mean.size())
      reject(std::string(layer) + " needs a mean and a scale for each feature, but got " +
             std::to_string(mean.size()) + " means and " + std::to_string(scale.size()) + " scales");
    for (Eigen::Index j = 0; j < scale.size(); ++j) {
      if (!is_finite(mean[j]))
        reject("the mean of feature " + std::to_string(j) + " in " + layer + " must be finite, but is " +
               decimal(mean[j]));
      if (!is_finite(scale[j]) || !(scale[j] > 0))
        reject("the scale of feature " + std::to_string(j) + " in " + layer +
               " must be positive and finite, but is " + decimal(scale[j]));
    }
  }

  /// From the data that enters `direction`, so that (x - mean)/scale, or z scale + mean of data that enters
  /// the inverse, has mean zero and unit variance. Without rows nothing changes. The scale of a feature that is
  /// constant in all rows stays 1.
  void take(const TileSource<Scalar>& tiles, Direction direction) {
    if (known) return;
    FeatureMoments moments(mean.size());
    tiles([&](const Tile<Scalar>& tile) { moments.add(tile.values); });
    if (moments.rows() == 0) return;
    for (Eigen::Index j = 0; j < mean.size(); ++j) {
      const double centre = moments.mean(j), by = moments.scale<Scalar>(j);
      const bool ahead = direction == Direction::forward;
      mean[j] = static_cast<Scalar>(ahead ? centre : -centre / by);
      scale[j] = static_cast<Scalar>(ahead ? by : 1 / by);
    }
    known = true;
  }

  /// Σ log scale.
  Scalar log_scale() const {
    double sum = 0;
    for (const Scalar value : scale) sum += std::log(static_cast<double>(value));
    return static_cast<Scalar>(sum);
  }
};

}  // namespace eigenflow::detail
