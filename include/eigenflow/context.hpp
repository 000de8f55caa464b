#pragma once

#include <Eigen/Core>
#include <initializer_list>
#include <string>

#include "eigenflow/detail/finite.hpp"
#include "eigenflow/detail/rows.hpp"
#include "eigenflow/detail/sentences.hpp"
#include "eigenflow/error.hpp"
#include "eigenflow/tile.hpp"

namespace eigenflow {

/// What a density is conditioned on, as a call takes it: one row of context for each sample (N × C) or one
/// row for all (1 × C). Any matrix, map, block, expression or list, `{0.5f, 2.f}`, turns into it by itself
/// and must outlive the call; without one there is no context.
template <class Scalar>
class Context {
 public:
  Context() = default;
  Context(std::initializer_list<Scalar> row)
      : rows_{row.begin(), 1, static_cast<Eigen::Index>(row.size()), 0, 1} {}
  template <class C>
  Context(const Eigen::DenseBase<C>& c) {
    static_assert(std::is_same_v<typename C::Scalar, Scalar>,
                  "this context has another scalar type than the flow: convert it, as in c.cast<float>()");
    if constexpr (detail::has_memory<C>) {
      rows_ = detail::rows_of<const Scalar>(c.derived());
    } else {
      evaluated_ = c.derived().matrix();
      rows_ = detail::rows_of<const Scalar>(evaluated_);
    }
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const detail::Rows<const Scalar>& rows() const { return rows_; }

 private:
  MatrixX<Scalar> evaluated_;
  detail::Rows<const Scalar> rows_;
};

namespace detail {

/// One row of context for each of n samples, from n rows or from one that holds for all. Refuses a context
/// that does not fit.
template <class Scalar>
Rows<const Scalar> context_rows(const char* call, Rows<const Scalar> c, Eigen::Index n, Eigen::Index dim) {
  if (dim == 0 && c.cols == 0) return {nullptr, n, 0, 0, 0};
  if (dim == 0)
    refuse(
        std::string(call) + " was given a context of " + shape(c.rows, c.cols) +
        ", but this flow is not conditional: leave it out, or give the flow's couplings a context_dim of " +
        std::to_string(c.cols));
  const std::string wanted = std::to_string(n) + " × " + std::to_string(dim) +
                             ", one row for each sample (or 1 × " + std::to_string(dim) + " for all)";
  if (c.cols == 0)
    refuse(std::string(call) + " was given no context, but this flow is conditional: give it one of " +
           wanted);
  if (c.cols != dim || (c.rows != n && c.rows != 1))
    refuse(
        std::string(call) + " expects a context of " + wanted + ", but got " + shape(c.rows, c.cols) +
        (c.rows == dim && (c.cols == n || c.cols == 1) ? ": a context is a row, so pass c.transpose()" : ""));
  if (c.rows == 1) c.row_stride = 0;
  c.rows = n;
  return c;
}

/// Makes NaN of samples whose context is not finite: a network may swallow a NaN (relu does), but such a row
/// has no density.
template <class Scalar>
void spoil_without_context(Tile<Scalar>& tile) {
  for (Eigen::Index j = 0; j < tile.context.cols(); ++j)
    for (Eigen::Index i = 0; i < tile.rows(); ++i)
      if (!is_finite(tile.context(i, j)))
        tile.values.row(i).setConstant(std::numeric_limits<Scalar>::quiet_NaN());
}

}  // namespace detail
}  // namespace eigenflow
