#pragma once

#include <Eigen/Core>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <vector>

// Compares a layer with numeric derivatives. The library's own parts pass the stricter tests of
// tests/support/layer_contract.hpp.

namespace helpers {

namespace ef = eigenflow;

/// (f(number + h) - f(number - h)) / 2h: the central difference, with an error of about 1e-10.
template <class Function>
auto derivative(double& number, const Function& f) {
  constexpr double h = 1e-5;
  const double keep = number;
  number = keep + h;
  const auto above = f();
  number = keep - h;
  const auto below = f();
  number = keep;
  return ((above - below) / (2 * h)).eval();
}

/// Checks one direction: that of flow.forward. Prints the largest errors; true if all are small.
template <class Flow>
bool check_direction(const char* direction, Flow flow) {
  ef::Rng rng(1);
  Eigen::VectorXd theta(flow.parameters().size());
  rng.fill_normal(theta);
  flow.set_parameters(theta);
  Eigen::MatrixXd x(20, flow.dim());
  rng.fill_normal(x);

  const auto [z, log_det] = flow.forward(x);
  const double round_trip = (flow.inverse(z).x - x).cwiseAbs().maxCoeff();

  const auto [log_p, grad_x] = flow.log_prob_and_grad(x);
  double log_det_error = 0, grad_x_error = 0, grad_theta_error = 0;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    Eigen::MatrixXd point = x.row(i), jacobian(x.cols(), x.cols()), slope(1, x.cols());
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      jacobian.row(j) = derivative(point(0, j), [&] { return Eigen::MatrixXd(flow.forward(point).z); });
      slope.col(j) = derivative(point(0, j), [&] { return Eigen::VectorXd(flow.log_prob(point)); });
    }
    const double volume = std::log(std::abs(jacobian.determinant()));
    log_det_error = std::max(log_det_error, std::abs(log_det[i] - volume));
    grad_x_error = std::max(grad_x_error, (grad_x.row(i) - slope).cwiseAbs().maxCoeff());
  }

  std::vector<double> grad(flow.theta().size());
  ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(x), grad);  // of the loss -mean log p
  for (std::size_t k = 0; k < grad.size(); ++k) {
    const Eigen::VectorXd slope =
        derivative(flow.theta()[k], [&] { return Eigen::VectorXd(flow.log_prob(x)); });
    grad_theta_error = std::max(grad_theta_error, std::abs(grad[k] + slope.mean()));
  }

  std::printf("%-9s %12.0e %12.0e %12.0e %12.0e\n", direction, round_trip, log_det_error, grad_x_error,
              grad_theta_error);
  return std::max({round_trip, log_det_error, grad_x_error, grad_theta_error}) < 1e-6;
}

/// Checks both directions of a layer of doubles, at random parameters and points.
template <class Layer>
bool check_layer(const char* name, const Layer& layer) {
  ef::Rng rng(1);
  std::printf("%s: largest errors against numeric derivatives\n%-9s %12s %12s %12s %12s\n", name, "",
              "round trip", "log-det", "grad x", "grad theta");
  const bool forward = check_direction("forward", ef::Flow{layer, rng});
  const bool inverse = check_direction("inverse", ef::Flow{ef::inverse(layer), rng});
  return forward && inverse;
}

}  // namespace helpers
