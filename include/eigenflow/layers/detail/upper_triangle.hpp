#pragma once

#include <Eigen/Core>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/numerics/saturating.hpp"

namespace eigenflow::detail {

/// A view of an upper triangular matrix T, `size` × `size`, packed row by row: T(0,0), T(0,1) ... T(1,1)...
/// Its products are with one vector v per lane.
template <class Scalar>
struct UpperTriangle {
  using Number = Lanes<Scalar>;

  const Scalar* entries;
  Eigen::Index size;

  static Eigen::Index count(Eigen::Index size) { return saturating_triangle(size); }

  /// The packed index of entry (i, j), i ≤ j.
  Eigen::Index place(Eigen::Index i, Eigen::Index j) const { return i * size - i * (i - 1) / 2 + j - i; }
  Scalar operator()(Eigen::Index i, Eigen::Index j) const { return entries[place(i, j)]; }

  /// Component i of (T - diag T) v: the sum right of the diagonal.
  Number right_of(Eigen::Index i, const Number* v) const {
    Number sum(0);
    for (Eigen::Index k = i + 1; k < size; ++k) sum = fma(Number((*this)(i, k)), v[k], sum);
    return sum;
  }
  /// Component i of (T - diag T)ᵀ v: the sum above the diagonal.
  Number above(Eigen::Index i, const Number* v) const {
    Number sum(0);
    for (Eigen::Index k = 0; k < i; ++k) sum = fma(Number((*this)(k, i)), v[k], sum);
    return sum;
  }
};

}  // namespace eigenflow::detail
