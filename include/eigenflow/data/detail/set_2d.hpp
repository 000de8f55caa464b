#pragma once

#include <Eigen/Core>
#include <concepts>
#include <limits>
#include <string>

#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// Common to the eight sets: rows are drawn one by one, densities computed row by row. `Derived` gives `draw(rng)`, one
/// point, and `log_density_at(point)`, both in double for every scalar of the set.
template <class Derived, std::floating_point Scalar_>
class Set2d {
 public:
  using Scalar = Scalar_;
  using Points = Eigen::Matrix<Scalar, Eigen::Dynamic, 2>;

  /// n independent points, n × 2. With the same generator, a longer draw begins with the rows of a shorter one. Throws
  /// std::invalid_argument if n < 0.
  [[nodiscard]] Points operator()(Eigen::Index n, Rng& rng) const {
    if (n < 0) reject("a data set needs n >= 0 points, but n is " + std::to_string(n));
    Points points(n, 2);
    for (Eigen::Index row = 0; row < n; ++row) {
      const Eigen::Vector2d point = Derived::draw(rng);
      points.row(row) = point.cast<Scalar>();
    }
    return points;
  }

  /// The exact log-density of each row of x (N × 2, any real scalar), in nats:
  /// N values, −inf outside a bounded support, NaN for a row that is not finite. Throws std::invalid_argument unless
  /// x has two columns.
  template <class X>
  [[nodiscard]] Eigen::Matrix<Scalar, Eigen::Dynamic, 1> log_density(const Eigen::DenseBase<X>& x) const {
    static_assert(X::ColsAtCompileTime == 2 || X::ColsAtCompileTime == Eigen::Dynamic,
                  "log_density takes points as rows: N × 2");
    if (x.cols() != 2) {
      reject("log_density of a 2-D set needs points as rows with 2 columns, but x has " +
             std::to_string(x.cols()) + ": transpose it, or take two of its columns");
    }
    const Eigen::Matrix<double, Eigen::Dynamic, 2> points = x.derived().matrix().template cast<double>();
    Eigen::Matrix<Scalar, Eigen::Dynamic, 1> result(points.rows());
    for (Eigen::Index row = 0; row < points.rows(); ++row) {
      const Eigen::Vector2d point = points.row(row);
      const bool finite = is_finite(point.x()) && is_finite(point.y());
      const double value = finite ? Derived::log_density_at(point) : std::numeric_limits<double>::quiet_NaN();
      result[row] = static_cast<Scalar>(value);
    }
    return result;
  }
};

/// Isotropic Gaussian noise.
[[nodiscard]] inline Eigen::Vector2d normal_2d(Rng& rng, double sigma) {
  const double first = rng.normal();
  const double second = rng.normal();
  return {sigma * first, sigma * second};
}

}  // namespace eigenflow::detail
