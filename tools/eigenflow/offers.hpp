#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "fit_data.hpp"

namespace command {

/// Options that a look at the features (N × D) suggests and that are not given: --positive for a skewed column above 0,
/// --interval for shares that crowd at an edge, --periodic for angles that fill their circle, --integer for a few whole
/// numbers. As "--positive income --periodic phi:0:360", to be copied; empty if there are none.
std::string offers_of(const Eigen::MatrixXd& x, const Columns& columns, const Look& look,
                      const std::vector<eigenflow::FeatureSupport>& supports, const std::vector<Whole>& whole,
                      const std::string& continuous);

}  // namespace command
