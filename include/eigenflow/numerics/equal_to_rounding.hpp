#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace eigenflow::detail {

/// Whether numbers between low and high differ only by rounding: by four units in the last place of the largest.
///
/// When is a column constant? That depends on what becomes of it.
///
/// - A feature (Standardize, ActNorm, the Gaussian baseline, the command's units) is constant when all rows have exactly
///   the same value, so that FeatureMoments has a deviation of exactly zero. Every other spread is a density that can
///   be fitted, however small: Unix times in float may lie a few units in the last place apart.
/// - A context (StandardizeContext) is constant when its values differ only by rounding. The flow is evaluated at contexts
///   that it was not fitted to, and in units of a rounding error any other context would lie 1e13 units away.
/// - The command's report on a table says of either kind that the column "has the one value", by this rule in double.
template <class Scalar>
bool equal_to_rounding(Scalar low, Scalar high) {
  return high - low <= 4 * std::numeric_limits<Scalar>::epsilon() * std::max(std::abs(low), std::abs(high));
}

}  // namespace eigenflow::detail
