#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "eigenflow/numerics/finite.hpp"

namespace eigenflow {

/// The mean and the standard deviation of each feature of rows given block by block, in double and in one pass:
///
///   FeatureMoments moments(D);
///   moments.add(x);  // n × D, for each block
///   moments.mean(j), moments.deviation(j)
///
/// The sums are of differences from the first row. So a constant feature has its value as the mean and a deviation of
/// exactly zero, and small changes of a feature far from zero keep their digits. Each feature is scaled by a power of
/// two of the size of its changes, so that squares neither overflow nor underflow. Blocks are merged as in Chan,
/// Golub & LeVeque (The American Statistician 37, 1983, eq. 1.5). NaN or ±∞ in a feature makes its moments NaN.
class FeatureMoments {
 public:
  explicit FeatureMoments(Eigen::Index dim) : features_(static_cast<std::size_t>(dim)) {}

  Eigen::Index dim() const { return static_cast<Eigen::Index>(features_.size()); }
  /// Rows so far.
  Eigen::Index rows() const { return rows_; }

  /// Adds a block of rows, n × D.
  template <class X>
  void add(const Eigen::DenseBase<X>& x) {
    if (x.rows() == 0) return;
    for (Eigen::Index j = 0; j < dim(); ++j) {
      Feature& feature = features_[static_cast<std::size_t>(j)];
      if (rows_ == 0) feature.first = static_cast<double>(x.derived().coeff(0, j));
      feature.add(x.derived().col(j), static_cast<double>(rows_));
    }
    rows_ += x.rows();
  }

  /// The mean of all rows so far; NaN without rows.
  double mean(Eigen::Index j) const {
    const Feature& f = features_[static_cast<std::size_t>(j)];
    if (rows_ == 0) return std::numeric_limits<double>::quiet_NaN();
    if (f.mean == 0) return f.first;
    return 2 * (f.first / 2 + std::ldexp(f.mean, f.exponent - 1));  // the difference may overflow
  }
  /// √(Σ (x - mean)²/n): exactly zero if all rows are equal; NaN without rows.
  double deviation(Eigen::Index j) const {
    const Feature& f = features_[static_cast<std::size_t>(j)];
    const double square = f.squares / static_cast<double>(rows_);
    return std::min(std::ldexp(std::sqrt(square), f.exponent), std::numeric_limits<double>::max());
  }

  /// The deviation as the unit of a feature in Scalar: 1 for a constant one, since a scale is at least the smallest normal
  /// number.
  template <class Scalar>
  double scale(Eigen::Index j) const {
    const double by = deviation(j);
    return by >= std::numeric_limits<Scalar>::min() ? by : 1;
  }

 private:
  // Of t = (x - first)/2^exponent.
  struct Feature {
    double first = 0;
    int exponent = least_exponent;
    double mean = 0;
    double squares = 0;  // Σ (t - mean)²

    template <class Column>
    void add(const Column& x, double before) {
      const Eigen::Index rows = x.size();
      const auto at = [&](Eigen::Index i) { return static_cast<double>(x.coeff(i)); };
      double low = first, high = first;
      bool finite = detail::is_finite(first);
      for (Eigen::Index i = 0; i < rows; ++i) {
        low = std::min(low, at(i));
        high = std::max(high, at(i));
        finite = finite && detail::is_finite(at(i));
      }
      if (!finite) mean = squares = std::numeric_limits<double>::quiet_NaN();
      const double n = static_cast<double>(rows);
      double block_mean = 0, block_squares = 0;
      if (low < high) {
        widen(std::max(high / 2 - first / 2, first / 2 - low / 2));
        const double unit = std::ldexp(1.0, -exponent), origin = first * unit;
        for (Eigen::Index i = 0; i < rows; ++i) block_mean += at(i) * unit - origin;
        block_mean /= n;
        for (Eigen::Index i = 0; i < rows; ++i) {
          const double t = at(i) * unit - origin - block_mean;
          block_squares += t * t;
        }
      }
      const double apart = block_mean - mean, share = n / (before + n);
      mean += apart * share;
      squares += block_squares + apart * apart * before * share;
    }

   private:
    // A scale of 2^-exponent is finite.
    static constexpr int least_exponent = -1000;

    // Makes the unit as large as twice this difference.
    void widen(double half) {
      int wanted = least_exponent;
      std::frexp(half, &wanted);
      ++wanted;
      if (!(half > 0) || wanted <= exponent) return;
      mean = std::ldexp(mean, exponent - wanted);
      squares = std::ldexp(squares, 2 * (exponent - wanted));
      exponent = wanted;
    }
  };

  std::vector<Feature> features_;
  Eigen::Index rows_ = 0;
};

}  // namespace eigenflow
