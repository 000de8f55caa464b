#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/numerics/piece_count.hpp"

namespace eigenflow::detail {

/// A batch of `rows`, cut into pieces of `height` rows; the last may have fewer.
struct Cut {
  Eigen::Index rows, height;

  Eigen::Index pieces() const { return piece_count(rows, height); }
  Eigen::Index first(Eigen::Index piece) const { return piece * height; }
  Eigen::Index count(Eigen::Index piece) const { return std::min(height, rows - first(piece)); }
};

}  // namespace eigenflow::detail
