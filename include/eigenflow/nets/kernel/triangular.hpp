#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/micro_kernel.hpp"
#include "eigenflow/nets/kernel/multiply.hpp"
#include "eigenflow/nets/kernel/panels.hpp"
#include "eigenflow/numerics/unroll.hpp"

// Products and solutions with a triangular matrix, in place, for all rows of a batch at once. The
// entries outside of the triangles of a few columns use the micro kernel of all products.

namespace eigenflow::nets {

enum class Triangle { lower, upper };

/// A D × D triangular matrix for the rows of a batch, x → T x. Only the entries of `part` are read; the diagonal is
/// separate.
template <class Scalar>
struct Triangular {
  Triangle part;
  const Scalar* entries;  // T(i, j) = entries[i · row_stride + j · column_stride], i ≠ j
  Eigen::Index row_stride;
  Eigen::Index column_stride;
  const Scalar* diagonal;  // null: all ones

  Triangular transposed() const {
    return {part == Triangle::lower ? Triangle::upper : Triangle::lower, entries, column_stride, row_stride,
            diagonal};
  }
  Scalar at(Eigen::Index i, Eigen::Index j) const { return entries[i * row_stride + j * column_stride]; }
};

/// One operation with one triangular matrix on a batch in panels.
template <class Scalar, bool solving>
class TriangularPass {
 public:
  TriangularPass(const Triangular<Scalar>& matrix, const Panels<Scalar>& x) : matrix_(matrix), x_(x) {}

  void run() const {
    // A product may overwrite a feature once no other reads it. A solution needs the solved features first.
    const bool ascending = (matrix_.part == Triangle::upper) != solving;
    for (Eigen::Index p = 0; p < x_.count(); ++p) {
      constexpr int most = Block<Scalar>::columns;
      for (Eigen::Index done = 0; done < x_.cols;) {
        const Eigen::Index left = x_.cols - done;
        const auto take = [&]<int Columns>(std::integral_constant<int, Columns>) {
          block<Columns>(p, ascending ? done : x_.cols - done - Columns);
          done += Columns;
        };
        if (left >= most)
          take(std::integral_constant<int, most>{});
        else if (left >= 4)
          take(std::integral_constant<int, 4>{});
        else if (left >= 2)
          take(std::integral_constant<int, 2>{});
        else
          take(std::integral_constant<int, 1>{});
      }
    }
  }

 private:
  using Number = Lanes<Scalar>;

  template <int Columns>
  void block(Eigen::Index p, Eigen::Index first) const {
    if constexpr (!solving) own_triangle<Columns>(p, first);
    const bool upper = matrix_.part == Triangle::upper;
    const Eigen::Index begin = upper ? first + Columns : 0, end = upper ? x_.cols : first;
    const Scalar* const others = matrix_.entries + first * matrix_.row_stride + begin * matrix_.column_stride;
    Result<Scalar> result{x_.column(p, first), Panels<Scalar>::height, 0};
    result.add = true;
    multiply_block<Columns>(LeftOperand<Scalar>{x_.column(p, begin), 0}, 0,
                            RightOperand<Scalar>{others, matrix_.column_stride, matrix_.row_stride}, 0,
                            end - begin, result, x_.filled_rows(p));
    if constexpr (solving) own_triangle<Columns>(p, first);
  }

  template <int Columns>
  void own_triangle(Eigen::Index p, Eigen::Index first) const {
    if (matrix_.part == Triangle::upper)
      own_triangle<Columns, true>(p, first);
    else
      own_triangle<Columns, false>(p, first);
  }
  // The block's own columns in registers, one vector of rows at a time.
  template <int Columns, bool upper>
  void own_triangle(Eigen::Index p, Eigen::Index first) const {
    for (Eigen::Index n = 0; n < x_.filled_rows(p); n += Number::width) {
      Number x[static_cast<std::size_t>(Columns)];
      detail::unroll<Columns>([&](auto i) { x[i] = Number::load(x_.column(p, first + i) + n); });
      detail::unroll<Columns>([&](auto step) {
        constexpr Eigen::Index i =
            upper != solving ? decltype(step)::value : Columns - 1 - decltype(step)::value;
        const Number diagonal(matrix_.diagonal ? matrix_.diagonal[first + i] : Scalar(1));
        Number sum = solving ? x[i] : x[i] * diagonal;
        detail::unroll<Columns>([&](auto j) {
          if constexpr (upper ? decltype(j)::value > i : decltype(j)::value < i)
            sum = fma(Number(matrix_.at(first + i, first + j)), x[j], sum);
        });
        x[i] = solving ? sum * diagonal : sum;
      });
      detail::unroll<Columns>([&](auto i) { x[i].store(x_.column(p, first + i) + n); });
    }
  }

  const Triangular<Scalar>& matrix_;
  const Panels<Scalar>& x_;
};

/// x → T x.
template <class Scalar>
void triangular_multiply(const Triangular<Scalar>& matrix, const Panels<Scalar>& x) {
  TriangularPass<Scalar, false>(matrix, x).run();
}

/// x → T⁻¹ x by substitution, for a matrix given as its negated entries and the reciprocals of its diagonal.
template <class Scalar>
void triangular_solve(const Triangular<Scalar>& negated, const Panels<Scalar>& x) {
  TriangularPass<Scalar, true>(negated, x).run();
}

}  // namespace eigenflow::nets
