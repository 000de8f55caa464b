#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <numeric>
#include <string>

#include "eigenflow/authoring/list.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// 0 .. size - 1.
inline List<Eigen::Index> in_order(Eigen::Index size) {
  List<Eigen::Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  return order;
}
/// size - 1 .. 0.
inline List<Eigen::Index> in_reverse(Eigen::Index size) {
  List<Eigen::Index> order = in_order(size);
  std::reverse(order.begin(), order.end());
  return order;
}
/// 1 .. size - 1, 0: no two features keep their places, and for three or more its inverse is another.
inline List<Eigen::Index> in_a_cycle(Eigen::Index size) {
  List<Eigen::Index> order = in_order(size);
  if (size > 1) std::rotate(order.begin(), order.begin() + 1, order.end());
  return order;
}
/// The same in a random order.
inline List<Eigen::Index> in_random_order(Eigen::Index size, Rng& rng) {
  const Eigen::Matrix<Eigen::Index, Eigen::Dynamic, 1> order = rng.permutation(size);
  return {order.data(), order.data() + order.size()};
}

/// Returns an order of the features. Throws std::invalid_argument, naming the entry, unless it has each of 0 .. D - 1
/// once. `what` is its name in the message: "the permutation".
inline List<Eigen::Index> checked_order(List<Eigen::Index> order, const char* what) {
  const auto dim = static_cast<Eigen::Index>(order.size());
  List<Eigen::Index> seen(order.size(), -1);
  for (std::size_t j = 0; j < order.size(); ++j) {
    const Eigen::Index index = order[j];
    const std::string entry = "entry " + std::to_string(j) + " of " + what + " is " + std::to_string(index);
    if (index < 0 || index >= dim)
      detail::reject(entry + ", but a permutation of " + std::to_string(dim) +
                     " features has entries from 0 to " + std::to_string(dim - 1));
    Eigen::Index& first = seen[static_cast<std::size_t>(index)];
    if (first >= 0)
      detail::reject(entry + ", as entry " + std::to_string(first) + " already is: give each feature once");
    first = static_cast<Eigen::Index>(j);
  }
  return order;
}

}  // namespace eigenflow
