#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>
#include <eigenflow/numerics/feature_moments.hpp>
#include <numbers>

#include "moments.hpp"

namespace table {

/// The normal with the mean and the covariance of the rows of x, to hold others against. What of the spread
/// lies along a direction without any (a constant column, or one that repeats another) is set to 1e-6 of the
/// column's own. `weights` is empty or has one for each row.
class Gaussian {
 public:
  explicit Gaussian(const Eigen::MatrixXd& x, const Eigen::VectorXd& weights = {})
      : mean_(x.cols()), scale_(x.cols()) {
    eigenflow::FeatureMoments moments(x.cols());
    moments.add(x);
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      mean_[j] = moments.mean(j);
      scale_[j] = moments.scale<double>(j);
    }
    if (weights.size() > 0)
      for (Eigen::Index j = 0; j < x.cols(); ++j) weigh(x.col(j), weights, mean_[j], scale_[j]);
    const Eigen::MatrixXd z = standardised(x);
    Eigen::MatrixXd correlation = weights.size() > 0
                                      ? z.transpose() * (weights / weights.sum()).asDiagonal() * z
                                      : Eigen::MatrixXd(z.transpose() * z / static_cast<double>(x.rows()));
    for (Eigen::Index j = 0; j < x.cols(); ++j) correlation(j, j) = correlation(j, j) > 0 ? 1 + 1e-6 : 1;
    factor_.compute(correlation);
  }

  /// The log-density of each row, nats.
  Eigen::VectorXd log_prob(const Eigen::MatrixXd& x) const {
    const Eigen::MatrixXd z = factor_.matrixL().solve(standardised(x).transpose());
    const double log_volume = factor_.matrixLLT().diagonal().array().log().sum() +
                              scale_.array().log().sum() +
                              static_cast<double>(x.cols()) * std::log(2 * std::numbers::pi) / 2;
    return (-0.5 * z.colwise().squaredNorm().array() - log_volume).transpose();
  }

 private:
  Eigen::MatrixXd standardised(const Eigen::MatrixXd& x) const {
    return (x.rowwise() - mean_).array().rowwise() / scale_.array();
  }

  Eigen::RowVectorXd mean_, scale_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

}  // namespace table
