#pragma once

#include <concepts>

#include "eigenflow/data/checkerboard.hpp"
#include "eigenflow/data/circles.hpp"
#include "eigenflow/data/eight_gaussians.hpp"
#include "eigenflow/data/pinwheel.hpp"
#include "eigenflow/data/swiss_roll.hpp"
#include "eigenflow/data/two_moons.hpp"
#include "eigenflow/data/two_spirals.hpp"

// Eight two-dimensional test sets, with random samples and the exact density:
//
//   const auto x = two_moons<float>(20'000, rng);         // 20,000 × 2
//   const auto log_p = two_moons<float>.log_density(x);   // 20,000 values, nats
//
// so that the divergence of a fit from the truth, KL(p‖q) = mean(log p − log q) over fresh rows, can be computed. The
// sets are those of W. Grathwohl et al. (FFJORD, ICLR 2019). Rows are independent.

namespace eigenflow {

/// Calls `visit(set)` with each of the eight sets in turn.
template <std::floating_point S, class Visitor>
void for_each_set_2d(Visitor&& visit) {
  visit(eight_gaussians<S>);
  visit(checkerboard<S>);
  visit(two_spirals<S>);
  visit(two_moons<S>);
  visit(circles<S>);
  visit(rings<S>);
  visit(swiss_roll<S>);
  visit(pinwheel<S>);
}

}  // namespace eigenflow
