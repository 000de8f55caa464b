#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "eigenflow/error.hpp"

namespace eigenflow::detail {

/// An order of the features, as it came. Throws std::invalid_argument, naming the entry, unless it has each
/// of 0 .. D - 1 once. `what` names it: "the permutation".
inline std::vector<Eigen::Index> checked_order(std::vector<Eigen::Index> order, const std::string& what) {
  const auto dim = static_cast<Eigen::Index>(order.size());
  std::vector<Eigen::Index> seen(order.size(), -1);
  for (std::size_t j = 0; j < order.size(); ++j) {
    const Eigen::Index index = order[j];
    const std::string entry = "entry " + std::to_string(j) + " of " + what + " is " + std::to_string(index);
    if (index < 0 || index >= dim)
      refuse(entry + ", but a permutation of " + std::to_string(dim) + " features has entries from 0 to " +
             std::to_string(dim - 1));
    Eigen::Index& first = seen[static_cast<std::size_t>(index)];
    if (first >= 0)
      refuse(entry + ", as entry " + std::to_string(first) + " already is: give each feature once");
    first = static_cast<Eigen::Index>(j);
  }
  return order;
}

}  // namespace eigenflow::detail
