#include "weighted_units.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <eigenflow/numerics/correlations.hpp>
#include <eigenflow/numerics/equal_to_rounding.hpp>
#include <eigenflow/numerics/feature_moments.hpp>
#include <limits>

namespace command {
namespace {

// The correlations of rows in standard units, as of as many rows as the weights are worth: an estimate takes nothing
// else of the rows.
eigenflow::Correlations<double> weighted_correlations(const Eigen::MatrixXd& t,
                                                      const Eigen::VectorXd& weights) {
  const Eigen::MatrixXd covariance = t.transpose() * (weights / weights.sum()).asDiagonal() * t;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> parts(covariance);
  const Eigen::Index worth =
      std::max(static_cast<Eigen::Index>(std::llround(effective_rows(weights))), t.cols());
  const Eigen::VectorXd lengths =
      std::sqrt(static_cast<double>(worth)) * parts.eigenvalues().cwiseMax(0).cwiseSqrt();
  eigenflow::Correlations<double> correlations(t.cols());
  correlations.add(lengths.asDiagonal() * parts.eigenvectors().transpose());
  correlations.add(Eigen::MatrixXd::Zero(worth - t.cols(), t.cols()));
  return correlations;
}

// The rows in units, with far values of heavy-tailed columns moved to where the near ones end.
Eigen::MatrixXd in_units(const Units& units, const Eigen::MatrixXd& x) {
  constexpr double near_units = 5;
  Eigen::MatrixXd t(x.rows(), x.cols());
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    t.col(j) = (x.col(j).array() - units.middle[j]) / units.scale[j];
    if (units.heavy[static_cast<std::size_t>(j)])
      t.col(j) = t.col(j).cwiseMax(-near_units).cwiseMin(near_units);
  }
  return t;
}

}  // namespace

double effective_rows(const Eigen::VectorXd& weights) {
  const Eigen::ArrayXd w = weights.array() / weights.maxCoeff();
  return w.sum() * w.sum() / w.square().sum();
}

Units moments_of(const Eigen::MatrixXd& x, const Eigen::VectorXd& weights) {
  const std::vector<bool> none(static_cast<std::size_t>(x.cols()), false);
  Units units{Eigen::VectorXd(x.cols()), Eigen::VectorXd(x.cols()), none, none};
  eigenflow::FeatureMoments moments(x.cols());
  moments.add(x);
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    units.middle[j] = moments.mean(j);
    units.scale[j] = moments.scale<double>(j);
    if (x.rows() > 0)
      units.constant[static_cast<std::size_t>(j)] =
          eigenflow::detail::equal_to_rounding(x.col(j).minCoeff(), x.col(j).maxCoeff());
    if (weights.size() == 0) continue;
    // In the units of all rows alike, where nothing overflows.
    const Eigen::ArrayXd t = (x.col(j).array() - units.middle[j]) / units.scale[j], w = weights.array();
    const double mean = (w * t).sum() / w.sum();
    const double deviation = std::sqrt((w * (t - mean).square()).sum() / w.sum());
    units.middle[j] += units.scale[j] * mean;
    if (deviation * units.scale[j] >= std::numeric_limits<double>::min()) units.scale[j] *= deviation;
  }
  return units;
}

Units units_of(const Eigen::MatrixXd& x, const Eigen::VectorXd& weights) {
  Units units = units_of(x);
  if (weights.size() == 0) return units;
  const Units weighted = moments_of(x, weights);
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    if (units.heavy[static_cast<std::size_t>(j)]) continue;
    units.middle[j] = weighted.middle[j];
    units.scale[j] = weighted.scale[j];
  }
  return units;
}

Eigen::MatrixXd correlations_of(const Units& units, const Eigen::MatrixXd& x,
                                const Eigen::VectorXd& weights) {
  constexpr Eigen::Index most = 512;  // columns, whose factorisations take seconds
  if (weights.size() == 0) return correlations_of(units, x);
  if (x.cols() > most) return {};
  Eigen::MatrixXd t = in_units(units, x);
  const Units again = moments_of(t, weights);
  t.rowwise() -= again.middle.transpose();
  t = t * again.scale.cwiseInverse().asDiagonal();
  const eigenflow::Correlations<double> correlations = weighted_correlations(t, weights);
  constexpr double least = 64 * std::numeric_limits<double>::epsilon();
  return correlations.factor(correlations.shrinkage(least));
}

}  // namespace command
