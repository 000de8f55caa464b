#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "eigenflow/authoring/dequantization.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// Rows x (N × D) of whole numbers, as k/256, with uniform noise: each number lies strictly inside of (value, value + width)
/// (Theis, van den Oord & Bethge, arXiv:1511.01844, section 3.1). Give the width of a bin, as 1/256. The noise is a function
/// of seed, draw, row and column. `fit` adds its own: see FitOptions::dequantize.
///
/// Throws std::invalid_argument if the width is negative or not finite.
template <class X>
MatrixX<typename X::Scalar> dequantized(const Eigen::DenseBase<X>& x, double width, std::uint64_t seed = 0,
                                        std::uint64_t draw = Dequantization::fixed) {
  if (!detail::is_finite(width) || width < 0)
    detail::reject("the width of the noise of dequantized cannot be negative, but is " +
                   detail::decimal(width) + ": 1/256 for pixels k/256");
  MatrixX<typename X::Scalar> noisy = x.derived();
  Dequantization{width, seed, draw}.add_to(noisy, [](Eigen::Index i) { return i; });
  return noisy;
}

}  // namespace eigenflow
