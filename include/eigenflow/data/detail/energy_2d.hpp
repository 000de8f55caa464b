#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <string>

#include "eigenflow/numerics/ieee.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// A function of the plane and its gradient, at one point.
struct Slope2d {
  double value;
  Eigen::Vector2d slope;
};

/// log of a normal bump without its constant factor, -½ (t/width)², for a t with its gradient.
[[nodiscard]] inline Slope2d bump(double t, double width, const Eigen::Vector2d& slope_of_t) {
  const double e = t / width;
  return {-0.5 * e * e, -e / width * slope_of_t};
}

/// log(eᵃ + eᵇ).
[[nodiscard]] inline Slope2d log_add(const Slope2d& a, const Slope2d& b) {
  const double peak = std::max(a.value, b.value), ea = std::exp(a.value - peak),
               eb = std::exp(b.value - peak), sum = ea + eb;
  return {peak + std::log(sum), (ea * a.slope + eb * b.slope) / sum};
}

/// -Σ relu(|z_j| - 6)²: bounds a density that is unbounded along an axis.
[[nodiscard]] inline Slope2d inside_of_six(const Eigen::Vector2d& z) {
  const Eigen::Array2d beyond = (z.array().abs() - 6.0).max(0.0);
  return {-beyond.square().sum(), -2.0 * beyond * z.array().sign()};
}

/// Common to all energies: the row form of a target, and the values of a batch. `Derived` gives `log_target(z)`,
/// -U with its gradient, and `log_z()`, all in double.
template <class Derived>
class Energy2d {
 public:
  /// The target log p̃(z) = -U(z) and its gradient at one point of two features, of any scalar type.
  template <class Point>
  double operator()(const Point& z, Point& grad) const {
    const Slope2d at = Derived::log_target(z.template cast<double>());
    grad = at.slope.template cast<typename Point::Scalar>();
    return at.value;
  }

  /// U of each row of z (N × 2, any real scalar): N values. Throws std::invalid_argument unless z has two columns.
  template <class Z>
  [[nodiscard]] Eigen::VectorXd energy(const Eigen::DenseBase<Z>& z) const {
    if (z.cols() != 2)
      reject("an energy of the plane needs points as rows with 2 columns, but z has " +
             std::to_string(z.cols()) + ": transpose it, or take two of its columns");
    const Eigen::Matrix<double, Eigen::Dynamic, 2> points = z.derived().matrix().template cast<double>();
    Eigen::VectorXd result(points.rows());
    for (Eigen::Index row = 0; row < points.rows(); ++row)
      result[row] = -Derived::log_target(points.row(row)).value;
    return result;
  }

  /// The density itself, -U - log Z, nats.
  template <class Z>
  [[nodiscard]] Eigen::VectorXd log_density(const Eigen::DenseBase<Z>& z) const {
    return -energy(z).array() - Derived::log_z();
  }
};

}  // namespace eigenflow::detail
