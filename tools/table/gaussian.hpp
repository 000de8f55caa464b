#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cmath>
#include <numbers>

namespace table {

/// The normal with the mean and the covariance of the rows of x, to hold others against. What of the spread
/// lies along a direction without any (a constant column, or one that repeats another) is set to 1e-6 of the
/// column's own.
class Gaussian {
 public:
  explicit Gaussian(const Eigen::MatrixXd& x) : mean_(x.colwise().mean()) {
    const Eigen::MatrixXd centred = x.rowwise() - mean_;
    Eigen::MatrixXd covariance = centred.transpose() * centred / static_cast<double>(x.rows());
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      covariance(j, j) = covariance(j, j) > 0 ? covariance(j, j) * (1 + 1e-6) : 1;
    factor_.compute(covariance);
  }

  /// The log-density of each row, nats.
  Eigen::VectorXd log_prob(const Eigen::MatrixXd& x) const {
    const Eigen::MatrixXd z = factor_.matrixL().solve((x.rowwise() - mean_).transpose());
    const double log_volume = factor_.matrixLLT().diagonal().array().log().sum() +
                              static_cast<double>(x.cols()) * std::log(2 * std::numbers::pi) / 2;
    return (-0.5 * z.colwise().squaredNorm().array() - log_volume).transpose();
  }

 private:
  Eigen::RowVectorXd mean_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

}  // namespace table
