#include "weighted_units.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "table/moments.hpp"

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

}  // namespace

double effective_rows(const Eigen::VectorXd& weights) {
  const Eigen::ArrayXd w = weights.array() / weights.maxCoeff();
  return w.sum() * w.sum() / w.square().sum();
}

Units moments_of(const Eigen::MatrixXd& x, const Eigen::VectorXd& weights) {
  Units units = moments_of(x);
  if (weights.size() > 0)
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      table::weigh(x.col(j), weights, units.middle[j], units.scale[j]);
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
  if (weights.size() == 0) return correlations_of(units, x);
  if (x.cols() > most_correlated) return {};
  Eigen::MatrixXd t = in_units(units, x);
  const Units again = moments_of(t, weights);
  t.rowwise() -= again.middle.transpose();
  t = t * again.scale.cwiseInverse().asDiagonal();
  return shrunk_factor(weighted_correlations(t, weights));
}

}  // namespace command
