#pragma once

#include <Eigen/Core>
#include <cmath>

namespace helpers {

/// log Σ exp of each row.
inline Eigen::VectorXd log_sum_exp(const Eigen::ArrayXXd& terms) {
  const Eigen::ArrayXd most = terms.rowwise().maxCoeff();
  return most + (terms.colwise() - most).exp().rowwise().sum().log();
}

/// A mean and its standard error.
struct Mean {
  double value, error;

  explicit Mean(const Eigen::ArrayXd& numbers) : value(numbers.mean()) {
    error = std::sqrt((numbers - value).square().mean() / static_cast<double>(numbers.size()));
  }
};

}  // namespace helpers
