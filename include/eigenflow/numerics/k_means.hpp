#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// Groups of points near each other: which of `count` groups each column of `points` (D × N) belongs to. A group may be
/// empty. Distances are in standard deviations of each feature.
///
/// Lloyd's algorithm from the centres of k-means++: each next centre is a point drawn with a probability proportional to
/// its squared distance from the centres before it (Arthur & Vassilvitskii, SODA 2007, section 2.2).
template <class Scalar>
class KMeans {
 public:
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
  using Groups = std::vector<Eigen::Index>;
  static constexpr int most_passes = 30;

  KMeans(Matrix points, Eigen::Index count, Rng rng)
      : points_(std::move(points)),
        centres_(points_.rows(), count),
        groups_(static_cast<std::size_t>(points_.cols())) {
    if (points_.cols() == 0) return;
    to_deviations();
    choose_centres(rng);
    for (int pass = 0; pass < most_passes && assign(); ++pass) move_centres();
  }

  /// The group of each point, from 0 to count - 1.
  const Groups& groups() const { return groups_; }

 private:
  using Row = Eigen::Matrix<Scalar, 1, Eigen::Dynamic>;

  // A number that is not finite counts as zero.
  void to_deviations() {
    for (Eigen::Index j = 0; j < points_.rows(); ++j) {
      typename Matrix::RowXpr feature = points_.row(j);
      for (Eigen::Index i = 0; i < points_.cols(); ++i)
        if (!detail::is_finite(feature[i])) feature[i] = 0;
      feature.array() -= feature.mean();
      const Scalar deviation = std::sqrt(feature.squaredNorm() / static_cast<Scalar>(points_.cols()));
      if (deviation >= std::numeric_limits<Scalar>::min() && detail::is_finite(deviation))
        feature /= deviation;
      else
        feature.setZero();
    }
  }

  Row squared_distances(Eigen::Index k) const {
    return (points_.colwise() - centres_.col(k)).colwise().squaredNorm();
  }

  void choose_centres(Rng& rng) {
    centres_.col(0) = points_.col(rng.below(points_.cols()));
    Row nearest = squared_distances(0);
    for (Eigen::Index k = 1; k < centres_.cols(); ++k) {
      double left = rng.uniform() * static_cast<double>(nearest.sum());
      Eigen::Index chosen = 0;
      for (Eigen::Index i = 0; i < points_.cols() && left >= 0; ++i) {
        if (!(nearest[i] > 0)) continue;
        chosen = i;
        left -= static_cast<double>(nearest[i]);
      }
      centres_.col(k) = points_.col(chosen);
      nearest = nearest.cwiseMin(squared_distances(k));
    }
  }

  /// Each point to its nearest centre. False if none has changed its group.
  bool assign() {
    Groups next(groups_.size(), 0);
    Row nearest = squared_distances(0);
    for (Eigen::Index k = 1; k < centres_.cols(); ++k) {
      const Row distance = squared_distances(k);
      for (Eigen::Index i = 0; i < points_.cols(); ++i) {
        if (!(distance[i] < nearest[i])) continue;
        nearest[i] = distance[i];
        next[static_cast<std::size_t>(i)] = k;
      }
    }
    std::swap(groups_, next);
    return groups_ != next;
  }

  void move_centres() {
    Matrix sum = Matrix::Zero(centres_.rows(), centres_.cols());
    std::vector<Eigen::Index> size(static_cast<std::size_t>(centres_.cols()), 0);
    for (Eigen::Index i = 0; i < points_.cols(); ++i) {
      const Eigen::Index k = groups_[static_cast<std::size_t>(i)];
      sum.col(k) += points_.col(i);
      ++size[static_cast<std::size_t>(k)];
    }
    for (Eigen::Index k = 0; k < centres_.cols(); ++k)
      if (const Eigen::Index count = size[static_cast<std::size_t>(k)]; count > 0)
        centres_.col(k) = sum.col(k) / static_cast<Scalar>(count);
  }

  Matrix points_;
  Matrix centres_;
  Groups groups_;
};

}  // namespace eigenflow
