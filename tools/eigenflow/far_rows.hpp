#pragma once

#include <Eigen/Core>
#include <vector>

#include "flows.hpp"

// Rows that lie far outside of all others would widen a Gaussian, and a flow its units: so no density is fitted to them.
// But the table has such rows, and a model of the others gives them no probability. So every model has a small share of
// a wide density, which is that of the far rows.

namespace command {

/// The density of rows far outside, and its share of the model.
struct FarRows {
  std::vector<Flow> density;  ///< one, of features with edges at infinity; none: no rows lie far outside
  double share = 0;

  bool any() const { return !density.empty(); }
};

/// A Student's t about the mean of the rows that are kept, as wide as the far ones lie: its covariance is the mean of
/// that of the F far rows about this mean, which counts as F rows, and that of the kept rows, as D + 2. Its tails are
/// those of ν = 8, for rows that lie farther. `kept` and `far` (N × D, F × D) have edges at infinity.
FarRows density_of_far(const Eigen::MatrixXd& kept, const Eigen::MatrixXd& far, double share,
                       const std::vector<ef::FeatureSupport>& supports);

}  // namespace command
