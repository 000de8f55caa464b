#pragma once

#include <Eigen/Core>

namespace helpers {

/// log Σ exp of each row.
inline Eigen::VectorXd log_sum_exp(const Eigen::ArrayXXd& terms) {
  const Eigen::ArrayXd most = terms.rowwise().maxCoeff();
  return most + (terms.colwise() - most).exp().rowwise().sum().log();
}

}  // namespace helpers
