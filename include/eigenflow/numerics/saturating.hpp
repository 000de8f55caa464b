#pragma once

#include <Eigen/Core>
#include <limits>

#include "eigenflow/numerics/ieee.hpp"

// Sums and products of counts that stop at the largest Eigen::Index, so that excessive sizes are detected and never
// wrap around.

namespace eigenflow::detail {

inline constexpr Eigen::Index largest_count = std::numeric_limits<Eigen::Index>::max();

/// a + b of counts, which are not negative.
constexpr Eigen::Index saturating_sum(Eigen::Index a, Eigen::Index b) {
  return a > largest_count - b ? largest_count : a + b;
}
/// a · b of counts.
constexpr Eigen::Index saturating_product(Eigen::Index a, Eigen::Index b) {
  return b != 0 && a > largest_count / b ? largest_count : a * b;
}
/// 1 + 2 + ... + n.
constexpr Eigen::Index saturating_triangle(Eigen::Index n) {
  return n % 2 == 0 ? saturating_product(n / 2, n + 1) : saturating_product(n, n / 2 + 1);
}

}  // namespace eigenflow::detail
