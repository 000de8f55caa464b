#pragma once

#include <Eigen/Core>
#include <cmath>
#include <numbers>

// Unnormalised densities whose normalisers are known.

namespace targets {

/// p̃ = 5 N(mean, diag(scale²)) of the plane, in the row form.
struct Gaussian {
  Eigen::Vector2d mean{1, -2};
  Eigen::Vector2d scale{0.5, 3};
  static double log_z() { return std::log(5.0); }

  template <class Point>
  double operator()(const Point& x, Point& grad) const {
    using Scalar = typename Point::Scalar;
    const Eigen::Vector2d e = (x.template cast<double>() - mean).cwiseQuotient(scale);
    grad = (-e.cwiseQuotient(scale)).template cast<Scalar>();
    return log_z() - 0.5 * e.squaredNorm() - std::log(scale.prod()) - std::log(2 * std::numbers::pi);
  }
};

/// The same, a batch at a time.
struct GaussianBatch {
  Gaussian row = {};

  template <class X, class LogP, class Grad>
  void operator()(const X& x, LogP& log_p, Grad& grad) const {
    using Point = Eigen::Matrix<typename X::Scalar, 2, 1>;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      Point slope;
      log_p[i] = static_cast<typename X::Scalar>(row(Point(x.row(i)), slope));
      grad.row(i) = slope;
    }
  }
};

}  // namespace targets
