#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>

namespace table {

/// From the mean and the scale of a column, all rows alike, to those with weights. They are computed in units of that
/// scale, where nothing overflows. A column that has no deviation with its weights keeps its scale.
inline void weigh(const Eigen::Ref<const Eigen::VectorXd>& column, const Eigen::VectorXd& weights,
                  double& mean, double& scale) {
  const Eigen::ArrayXd t = (column.array() - mean) / scale, w = weights.array();
  const double middle = (w * t).sum() / w.sum();
  const double deviation = std::sqrt((w * (t - middle).square()).sum() / w.sum());
  mean += scale * middle;
  if (deviation * scale >= std::numeric_limits<double>::min()) scale *= deviation;
}

}  // namespace table
