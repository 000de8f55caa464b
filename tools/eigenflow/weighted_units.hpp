#pragma once

#include <Eigen/Core>

#include "units.hpp"

// The units of rows with weights. `weights` is empty, or has one for each row of x (N × D), above 0.

namespace command {

/// How many rows of equal weight are worth as much: (Σ w)²/Σ w².
double effective_rows(const Eigen::VectorXd& weights);

/// See moments_of in units.hpp.
Units moments_of(const Eigen::MatrixXd& x, const Eigen::VectorXd& weights);

/// See units_of in units.hpp. Whether a column has heavy tails does not depend on the weights.
Units units_of(const Eigen::MatrixXd& x, const Eigen::VectorXd& weights);

/// See correlations_of in units.hpp. They are shrunk as those of effective_rows(weights) rows.
Eigen::MatrixXd correlations_of(const Units& units, const Eigen::MatrixXd& x, const Eigen::VectorXd& weights);

}  // namespace command
