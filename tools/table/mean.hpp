#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdio>
#include <string>

namespace table {

/// The mean of numbers and its standard error. With weights w it is Σ w v/Σ w, and its error √(Σ w² (v - mean)²)/Σ w.
struct Mean {
  double value, error;

  explicit Mean(const Eigen::ArrayXd& numbers) : value(numbers.mean()) {
    error = std::sqrt((numbers - value).square().mean() / static_cast<double>(numbers.size()));
  }
  Mean(const Eigen::ArrayXd& numbers, const Eigen::ArrayXd& weights)
      : value((weights * numbers).sum() / weights.sum()),
        error(std::sqrt((weights * (numbers - value)).square().sum()) / weights.sum()) {}

  /// As "12.345 ± 0.067".
  std::string text() const {
    char text[64];
    std::snprintf(text, sizeof text, "%.3f ± %.3f", value, error);
    return text;
  }
};

}  // namespace table
