#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "fit_data.hpp"
#include "flows.hpp"

namespace command {

/// What held-out rows say of a flow, beside the Gaussian of the rows of the fit: one line, or two. Where a column has
/// heavy tails, they make most of the Gaussian's covariance, and any flow looks good beside it. So both are compared on
/// the rows near the others too.
std::vector<std::string> judgement(const Flow& flow, const Sample& fitted, const Sample& test,
                                   Eigen::Index left_out);

}  // namespace command
