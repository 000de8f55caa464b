#pragma once

#include <Eigen/Core>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "eigenflow/authoring/point.hpp"
#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/text/messages.hpp"

namespace eigenflow {

/// The context of a conditional density, as an argument: one row for each sample (N × C) or one row for all (1 × C).
/// Matrices, maps, blocks, expressions, and as one row lists such as `{0.5f, 2.f}`, arrays and spans convert implicitly,
/// and must outlive the call. The default is no context. A list lives only as long as its call, so do not store it in a
/// variable of this type.
template <class Scalar>
class Context {
 public:
  Context() = default;
  Context(std::initializer_list<Scalar> row)
      : rows_{row.begin(), 1, static_cast<Eigen::Index>(row.size()), 0, 1} {}
  template <class Numbers>
  requires PlainNumbers<const Numbers, Scalar> Context(const Numbers& row)
      : rows_(row_of<const Scalar>(row)) {}
  template <class C>
  Context(const Eigen::DenseBase<C>& c) {
    static_assert(std::is_same_v<typename C::Scalar, Scalar>,
                  "this context has another scalar type than the flow: convert it, as in c.cast<float>()");
    if constexpr (HasMemory<C>) {
      rows_ = rows_of<const Scalar>(c.derived());
    } else {
      evaluated_ = c.derived().matrix();
      rows_ = rows_of<const Scalar>(evaluated_);
    }
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Rows<const Scalar>& rows() const { return rows_; }

 private:
  MatrixX<Scalar> evaluated_;
  Rows<const Scalar> rows_;
};

namespace detail {

[[noreturn]] inline void reject_context(const char* call, Eigen::Index rows, Eigen::Index cols,
                                        Eigen::Index n, Eigen::Index dim) {
  const std::string came = shape(rows, cols);
  if (dim == 0)
    reject(
        std::string(call) + " was given a context of " + came +
        ", but this flow is not conditional: leave it out, or give the flow's couplings a context_dim of " +
        std::to_string(cols));
  const std::string wanted = shape(n, dim) + ", one row for each sample (or " + shape(1, dim) + " for all)";
  if (cols == 0)
    reject(std::string(call) + " was given no context, but this flow is conditional: give it one of " +
           wanted);
  const bool turned = rows == dim && (cols == n || cols == 1);
  reject(std::string(call) + " expects a context of " + wanted + ", but got " + came +
         (turned ? ": a context is a row, so pass c.transpose()" : ""));
}

/// One row of context for each of n samples, from n rows or from one for all. Throws if the context does not fit.
template <class Scalar>
Rows<const Scalar> context_rows(const char* call, Rows<const Scalar> c, Eigen::Index n, Eigen::Index dim) {
  if (c.cols != dim || (dim > 0 && c.rows != n && c.rows != 1)) reject_context(call, c.rows, c.cols, n, dim);
  if (c.rows == 1 || dim == 0) c.row_stride = 0;
  c.rows = n;
  return c;
}

}  // namespace detail
}  // namespace eigenflow
