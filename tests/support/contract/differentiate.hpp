#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "support/contract/evaluate.hpp"

namespace contract {

/// A numeric derivative, entry by entry, with an estimate of its error.
struct Derivative {
  MatrixX<Wide> value;
  MatrixX<Wide> error;
};

/// d function(h)/dh at h = 0 by central differences with decreasing steps, extrapolated to zero (Ridders
/// 1982; Press et al., Numerical Recipes, 5.7).
Derivative differentiate(const std::function<MatrixX<Wide>(Wide)>& function, Wide first_step);

/// All derivatives of [values | log_det] (N × (D + 1)) of one direction at a problem: by each feature, by each entry
/// of theta, by each column of the context. Rows are independent, so a feature is changed in all rows at once.
struct Derivatives {
  std::vector<Derivative> x;
  std::vector<Derivative> theta;
  std::vector<Derivative> context;
};
Derivatives differentiate(const Subject<Wide>& subject, Direction direction, const Problem<Wide>& problem);

/// [values | log_det].
MatrixX<Wide> joined(const Evaluation<Wide>& evaluation);

}  // namespace contract
