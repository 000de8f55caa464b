#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <utility>

#include "eigenflow/numerics/ieee.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The factor on the learning rate at step 0 .. steps - 1. It must be a pure function, so that an interrupted fit can
/// continue.
using Schedule = std::function<double(Eigen::Index step, Eigen::Index steps)>;

inline Schedule constant_schedule() {
  return [](Eigen::Index, Eigen::Index) { return 1.0; };
}

/// Half a cosine from 1 down to `last` (Loshchilov & Hutter, arXiv:1608.03983, eq. 5).
inline Schedule cosine_schedule(double last = 0) {
  return [last](Eigen::Index step, Eigen::Index steps) {
    const double done = static_cast<double>(step) / static_cast<double>(std::max<Eigen::Index>(steps, 1));
    return last + (1 - last) * (1 + std::cos(std::numbers::pi * std::min(done, 1.0))) / 2;
  };
}

/// Rises linearly to 1 over the first `rising` steps, then follows `after`, which gets the remaining steps. Throws
/// std::invalid_argument if `after` is empty.
inline Schedule warm_up(Eigen::Index rising, Schedule after = constant_schedule()) {
  if (!after) detail::reject("warm_up needs a schedule to follow, but got an empty one: leave it out");
  return [rising, after = std::move(after)](Eigen::Index step, Eigen::Index steps) {
    if (step < rising) return static_cast<double>(step + 1) / static_cast<double>(rising);
    return after(step - rising, std::max<Eigen::Index>(steps - rising, 1));
  };
}

}  // namespace eigenflow
