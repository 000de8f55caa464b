#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow::detail {

/// log Σ exp(term), one term or one array of terms at a time; no term is too large or too small.
class LogSum {
 public:
  void add(double term) {
    if (rebase(term)) sum_ += std::exp(term - peak_);
  }

  template <int Size>
  void add(const Eigen::Array<double, Size, 1>& terms) {
    if (rebase(terms.maxCoeff())) sum_ += (terms - peak_).exp().sum();
  }

  /// −inf for a sum without terms.
  [[nodiscard]] double value() const {
    return sum_ > 0.0 ? peak_ + std::log(sum_) : -std::numeric_limits<double>::infinity();
  }

 private:
  /// Keeps the largest term so far as the unit. False if there is nothing to add.
  bool rebase(double term) {
    if (term > peak_) {
      sum_ *= std::exp(peak_ - term);
      peak_ = term;
    }
    return term > std::numeric_limits<double>::lowest();
  }

  double peak_ = std::numeric_limits<double>::lowest();
  double sum_ = 0.0;
};

}  // namespace eigenflow::detail
