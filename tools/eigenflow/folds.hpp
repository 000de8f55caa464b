#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <eigenflow/numerics/rng.hpp>
#include <vector>

namespace command {

using Fold = std::vector<Eigen::Index>;

/// The rows 0 .. n - 1 in `count` folds of nearly equal size.
inline std::vector<Fold> folds_of(Eigen::Index n, Eigen::Index count, std::uint64_t seed) {
  std::vector<Fold> folds(static_cast<std::size_t>(count));
  eigenflow::Rng rng(seed, 6);
  const auto order = rng.permutation(n);
  for (Eigen::Index i = 0; i < n; ++i) folds[static_cast<std::size_t>(i % count)].push_back(order[i]);
  for (Fold& fold : folds) std::sort(fold.begin(), fold.end());
  return folds;
}

/// A share of them, drawn at random: 5,000 at most, which tell hundredths of a nat apart.
inline Fold share_of(Eigen::Index n, double share, std::uint64_t seed) {
  eigenflow::Rng rng(seed, 7);
  const auto order = rng.permutation(n);
  constexpr Eigen::Index most = 5000;
  const auto count = std::min(most, static_cast<Eigen::Index>(share * static_cast<double>(n)));
  Fold fold(order.begin(), order.begin() + count);
  std::sort(fold.begin(), fold.end());
  return fold;
}

}  // namespace command
