#pragma once

#include <Eigen/Core>
#include <vector>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"

namespace golden {

/// Points, row by row, and the results of a layer of another library.
struct Points {
  std::vector<double> x, values, log_det;
};

/// Checks that the layer with this theta gives the results of the other library, in both directions.
template <class L>
void check(const L& layer, const Eigen::VectorXd& theta, const Points& points,
           double inverse_tolerance = 1e-12) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto rows = static_cast<Eigen::Index>(points.log_det.size());
  const auto matrix = [&](const std::vector<double>& numbers) {
    return Eigen::MatrixXd(Eigen::Map<const RowMajor>(numbers.data(), rows, layer.dim()));
  };
  const Eigen::MatrixXd x = matrix(points.x), values = matrix(points.values);
  const Eigen::VectorXd log_det = Eigen::Map<const Eigen::VectorXd>(points.log_det.data(), rows);
  const contract::LayerSubject<L> subject(layer);
  REQUIRE(subject.parameter_count() == theta.size());
  const contract::Problem<double> problem{theta, x, Eigen::MatrixXd(rows, 0)};
  const auto forward = contract::evaluate(subject, contract::Direction::forward, problem);
  CHECK((forward.values - values).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((forward.log_det - log_det).cwiseAbs().maxCoeff() < 1e-12);
  const auto inverse = contract::evaluate(subject, contract::Direction::inverse, problem.at(values));
  CHECK((inverse.values - x).cwiseAbs().maxCoeff() < inverse_tolerance);
  CHECK((inverse.log_det + log_det).cwiseAbs().maxCoeff() < inverse_tolerance);
}

}  // namespace golden
