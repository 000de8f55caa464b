#pragma once

#include <Eigen/Core>
#include <span>

#include "eigenflow/numerics/saturating.hpp"

namespace eigenflow {

/// The part of theta (or of a gradient) that belongs to one layer. An empty vector (no gradient) has empty segments.
struct Segment {
  Eigen::Index offset = 0;
  Eigen::Index size = 0;

  Eigen::Index end() const { return offset + size; }
  /// The segment of `count` numbers after this one.
  Segment followed_by(Eigen::Index count) const { return {detail::saturating_sum(offset, size), count}; }

  template <class S>
  std::span<S> of(std::span<S> whole) const {
    if (whole.empty()) return {};
    return whole.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  }
};

}  // namespace eigenflow
