#pragma once

#include <Eigen/Core>

#include "eigenflow/authoring/list.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

// Never called: an embedded flow exists already.
List<Eigen::Index> in_order(Eigen::Index size);
List<Eigen::Index> in_reverse(Eigen::Index size);
List<Eigen::Index> in_a_cycle(Eigen::Index size);
List<Eigen::Index> in_random_order(Eigen::Index size, Rng& rng);

/// The order of an embedded flow has been checked.
constexpr List<Eigen::Index> checked_order(List<Eigen::Index> order, const char*) {
  return order;
}

}  // namespace eigenflow
