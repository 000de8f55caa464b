#pragma once

#include <Eigen/Core>
#include <limits>
#include <span>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"

// Rows that overflow on their way to latent space. Layers do not check for them, so inf - inf and 0 · inf give NaN. The
// end of the pass decides which result such a row gets.

namespace eigenflow::detail {

/// True if row i of x, and its context, has neither NaN nor ±∞.
template <class Scalar, class X>
bool is_finite_row(const X& x, const Tile<Scalar>& tile, Eigen::Index i) {
  bool finite = true;
  for (Eigen::Index j = 0; j < x.cols(); ++j) finite = finite && is_finite(x(i, j));
  for (Eigen::Index j = 0; j < tile.context.cols(); ++j) finite = finite && is_finite(tile.context(i, j));
  return finite;
}

/// The log-densities in tile.log_det of the rows x (N × D): a finite row for which they are NaN has overflowed. Its
/// latent point is beyond the largest number, where the density is zero, so it becomes -∞. A row that is not finite
/// keeps its NaN, and so does every row if theta is not finite.
template <class Scalar, class X>
void settle_overflow(const X& x, std::span<const Scalar> theta, Tile<Scalar>& tile) {
  if (is_finite(tile.log_det.sum())) return;
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  for (Eigen::Index i = 0; i < tile.rows(); ++i)
    if (!(tile.log_det[i] < infinity) && is_finite_row(x, tile, i) && all_finite(theta))
      tile.log_det[i] = -infinity;
}

/// The gradients of such rows, in x and in the context: zero if the density is zero and they overflowed too.
template <class Scalar, class X>
void settle_overflow_vjp(const X& x, Tile<Scalar>& tile) {
  if (is_finite(tile.log_det.sum())) return;
  for (Eigen::Index i = 0; i < tile.rows(); ++i) {
    if (!(tile.log_det[i] < std::numeric_limits<Scalar>::lowest()) || !is_finite_row(x, tile, i)) continue;
    if (all_finite(tile.grad_values.row(i)) && all_finite(tile.grad_context.row(i))) continue;
    tile.grad_values.row(i).setZero();
    tile.grad_context.row(i).setZero();
  }
}

}  // namespace eigenflow::detail
