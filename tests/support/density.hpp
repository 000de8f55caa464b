#pragma once

#include <Eigen/Core>
#include <cmath>
#include <numbers>

#include "support/catch.hpp"

// Laws of densities for errors that no round trip detects: a wrong sign or scale of log_det, a density that does not
// integrate to one.

namespace density {

/// E[1{x in ball} / p(x)] over samples from p is the volume of the ball, within four standard errors.
template <class Samples, class LogProb>
void check_ball_volume(const Samples& x, const LogProb& log_prob, const Eigen::VectorXd& centre,
                       double radius) {
  const double n = static_cast<double>(x.rows()), dim = static_cast<double>(x.cols());
  double sum = 0, squares = 0;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const Eigen::VectorXd offset = x.row(i).transpose().template cast<double>() - centre;
    if (offset.norm() > radius) continue;
    const double weight = std::exp(-static_cast<double>(log_prob[i]));
    sum += weight;
    squares += weight * weight;
  }
  const double mean = sum / n, error = std::sqrt((squares / n - mean * mean) / n);
  const double volume =
      std::pow(std::numbers::pi, dim / 2) / std::tgamma(dim / 2 + 1) * std::pow(radius, dim);
  INFO("estimate " << mean << " ± " << error << ", volume " << volume);
  CHECK(error < 0.05 * volume);  // else the comparison is weak
  CHECK(std::abs(mean - volume) < 4 * error);
}

/// ∫ p over [-reach, reach]^D for D = 1 or 2 by the trapezoidal rule, whose error for a smooth density that
/// vanishes at the edge falls faster than any power of the step.
template <class Flow>
double integral(const Flow& flow, double reach, Eigen::Index points) {
  using Scalar = typename Flow::Scalar;
  const double step = 2 * reach / static_cast<double>(points - 1);
  const Eigen::Index lines = flow.dim() == 1 ? 1 : points;
  Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic> line(points, flow.dim());
  double sum = 0;
  for (Eigen::Index i = 0; i < points; ++i)
    line(i, 0) = static_cast<Scalar>(-reach + step * static_cast<double>(i));
  for (Eigen::Index j = 0; j < lines; ++j) {
    if (flow.dim() == 2) line.col(1).setConstant(static_cast<Scalar>(-reach + step * static_cast<double>(j)));
    sum += flow.log_prob(line).template cast<double>().array().exp().sum();
  }
  return sum * std::pow(step, static_cast<double>(flow.dim()));
}

}  // namespace density
