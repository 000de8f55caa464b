#pragma once

#include <Eigen/Core>

namespace eigenflow::detail {

/// How many pieces of `height` rows hold `rows`: the last may be lower.
inline Eigen::Index piece_count(Eigen::Index rows, Eigen::Index height) {
  return (rows + height - 1) / height;
}

}  // namespace eigenflow::detail
