#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

namespace command {

/// The numbers from 0 to count - 1 that are not among `left_out`.
inline std::vector<Eigen::Index> all_but(Eigen::Index count, const std::vector<Eigen::Index>& left_out) {
  std::vector<bool> is_left_out(static_cast<std::size_t>(count), false);
  for (const Eigen::Index i : left_out) is_left_out[static_cast<std::size_t>(i)] = true;
  std::vector<Eigen::Index> others;
  for (Eigen::Index i = 0; i < count; ++i)
    if (!is_left_out[static_cast<std::size_t>(i)]) others.push_back(i);
  return others;
}

}  // namespace command
