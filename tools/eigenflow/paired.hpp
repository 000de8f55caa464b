#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <limits>

namespace command {

/// The number of standard errors that a mean of n values differs from zero by in 1 of 20 samples of a normal with mean
/// zero, in either direction: the 97.5 % quantile of Student's t. Infinite for n < 3, which tell too little. The
/// expansion of Abramowitz and Stegun, 26.7.5, is within 2 % for n >= 4.
inline double telling_errors(Eigen::Index n) {
  if (n < 3) return std::numeric_limits<double>::infinity();
  constexpr double z = 1.959963984540054, z2 = z * z;
  const double nu = static_cast<double>(n - 1);
  const double g1 = z * (z2 + 1) / 4, g2 = z * ((5 * z2 + 16) * z2 + 3) / 96,
               g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  return z + (g1 + (g2 + g3 / nu) / nu) / nu;
}

/// The scores of two models, A and B, on the same rows. A score that is not finite is the worst. The means are those of
/// the rows where both scores are finite.
class PairedScores {
 public:
  void add(const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
    for (Eigen::Index i = 0; i < a.size(); ++i) add(a[i], b[i]);
  }

  Eigen::Index rows() const { return rows_; }
  Eigen::Index finite() const { return finite_; }  ///< rows in the means
  Eigen::Index without_a() const { return without_a_; }
  Eigen::Index without_b() const { return without_b_; }  ///< rows whose score is not finite
  Eigen::Index wins_a() const { return wins_a_; }
  Eigen::Index wins_b() const { return wins_b_; }
  /// NaN if no row has finite scores.
  double mean_a() const { return finite_ > 0 ? mean_a_ : std::numeric_limits<double>::quiet_NaN(); }
  double mean_b() const { return finite_ > 0 ? mean_b_ : std::numeric_limits<double>::quiet_NaN(); }
  /// The mean of the differences A - B, and its standard error: that of the paired differences, which is far smaller
  /// than those of the means if rows are easy or hard for both models. NaN for a single row.
  double difference() const { return difference_; }
  double standard_error() const {
    const double n = static_cast<double>(finite_);
    return std::sqrt(squares_ / (n - 1) / n);
  }
  /// The difference in standard errors. Infinite if all rows have the same difference, but 0 if that is 0.
  double errors() const { return difference_ == 0 ? 0 : std::abs(difference_) / standard_error(); }

  enum class Verdict { a, b, even };
  Verdict verdict() const {
    if ((without_a_ == 0) != (without_b_ == 0)) return without_a_ == 0 ? Verdict::a : Verdict::b;
    if (!(errors() > telling_errors(finite_))) return Verdict::even;
    return difference_ > 0 ? Verdict::a : Verdict::b;
  }

 private:
  void add(double a, double b) {
    const bool has_a = std::isfinite(a), has_b = std::isfinite(b);
    ++rows_;
    without_a_ += has_a ? 0 : 1;
    without_b_ += has_b ? 0 : 1;
    wins_a_ += has_a && (!has_b || a > b) ? 1 : 0;
    wins_b_ += has_b && (!has_a || b > a) ? 1 : 0;
    if (!has_a || !has_b) return;
    const double n = static_cast<double>(++finite_), step = (a - b) - difference_;
    difference_ += step / n;
    squares_ += step * ((a - b) - difference_);
    mean_a_ += (a - mean_a_) / n;
    mean_b_ += (b - mean_b_) / n;
  }

  Eigen::Index rows_ = 0, finite_ = 0, without_a_ = 0, without_b_ = 0, wins_a_ = 0, wins_b_ = 0;
  double mean_a_ = 0, mean_b_ = 0, difference_ = 0, squares_ = 0;
};

}  // namespace command
