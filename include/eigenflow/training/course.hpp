#pragma once

#include <Eigen/Core>

namespace eigenflow::detail {

/// How many steps a fit takes, and how many make an epoch.
struct Course {
  Eigen::Index steps;
  Eigen::Index epoch_steps;
};

}  // namespace eigenflow::detail
