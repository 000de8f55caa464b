#include "far_rows.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cstddef>
#include <limits>

#include "all_but.hpp"
#include "weighted_units.hpp"

namespace command {
namespace {

constexpr double farthest = 1e100;  // units, whose squares are finite
constexpr double widest = 1e300;    // unit

// The covariance that rows in units of the kept ones have about zero, and so many rows of these with their correlations.
Eigen::MatrixXd covariance_of(const Eigen::MatrixXd& t, const Eigen::MatrixXd& factor) {
  const Eigen::Index dim = t.cols();
  const auto rows = static_cast<double>(t.rows()), kept = static_cast<double>(dim + 2);
  Eigen::MatrixXd covariance = t.transpose() * t;
  if (factor.size() > 0)
    covariance += kept * factor * factor.transpose();
  else
    covariance.diagonal().array() += kept;
  return covariance / (rows + kept);
}

}  // namespace

FarRows density_of_far(const Eigen::MatrixXd& kept, const Eigen::MatrixXd& far, double share,
                       const std::vector<ef::FeatureSupport>& supports) {
  if (far.rows() == 0 || kept.rows() == 0) return {};
  const std::vector<Eigen::Index> circles = ef::circles_of(supports);
  Scales scales{moments_of(kept, {}), moments_of(Eigen::MatrixXd(kept.rows(), 0), {}), {}};
  const std::vector<Eigen::Index> real = all_but(kept.cols(), circles);
  if (!real.empty()) {
    const Units units = scales.features.of(real);
    Eigen::MatrixXd t = far(Eigen::all, real);
    for (Eigen::Index j = 0; j < t.cols(); ++j)
      t.col(j) = ((t.col(j).array() - units.middle[j]) / units.scale[j]).max(-farthest).min(farthest);
    const Eigen::MatrixXd factor = correlations_of(units, kept(Eigen::all, real)),
                          covariance = covariance_of(t, factor);
    const Eigen::VectorXd deviation = covariance.diagonal().cwiseSqrt();
    for (std::size_t j = 0; j < real.size(); ++j)
      scales.features.scale[real[j]] =
          std::min(widest, scales.features.scale[real[j]] * deviation[static_cast<Eigen::Index>(j)]);
    if (factor.size() > 0) {
      Eigen::MatrixXd correlations =
          deviation.cwiseInverse().asDiagonal() * covariance * deviation.cwiseInverse().asDiagonal();
      correlations.diagonal().array() += 64 * std::numeric_limits<double>::epsilon();
      scales.correlations = correlations.llt().matrixL();
    }
  }
  return {{make_flow({.base = Base::student, .layers = 0}, scales, circles, 0)}, share};
}

}  // namespace command
