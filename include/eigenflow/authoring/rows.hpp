#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "eigenflow/authoring/tile.hpp"

// The arguments of a user as rows of numbers in memory, whatever their type: so the code behind the public interface
// is compiled once. Matrices, maps, blocks and row-major arrays are read in place. Only an expression without its own
// memory (`x * r`) is evaluated, once.

namespace eigenflow {

/// N × D numbers in memory with any strides.
template <class S>
struct Rows {
  S* data = nullptr;
  Eigen::Index rows = 0;
  Eigen::Index cols = 0;
  Eigen::Index row_stride = 0;
  Eigen::Index col_stride = 0;

  using Strides = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  using Plain = MatrixX<std::remove_const_t<S>>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<S>, const Plain, Plain>, 0, Strides>;

  /// Rows first .. first + count - 1.
  Map middle(Eigen::Index first, Eigen::Index count) const {
    return Map(data + first * row_stride, count, cols, Strides(col_stride, row_stride));
  }
  Map all() const { return middle(0, rows); }
  S& operator()(Eigen::Index i, Eigen::Index j) const { return data[i * row_stride + j * col_stride]; }
};

/// An Eigen matrix, array, map, block or expression, or a class derived from one.
template <class Derived>
void take_dense(const Eigen::DenseBase<Derived>&);
template <class X>
concept Dense = requires(const X& x) {
  take_dense(x);
};

template <class Derived>
concept HasMemory = Dense<Derived> && requires {
  requires(Derived::Flags & Eigen::DirectAccessBit) != 0;
};

/// The rows of an expression with memory.
template <class S, class Derived>
Rows<S> rows_of(Derived& x) {
  const Eigen::Index inner = x.innerStride(), outer = x.outerStride();
  if constexpr (std::remove_const_t<Derived>::IsRowMajor)
    return {x.data(), x.rows(), x.cols(), outer, inner};
  else
    return {x.data(), x.rows(), x.cols(), inner, outer};
}

/// The input of a user: read in place, or evaluated once.
template <class Scalar, class Derived>
class Input {
  static_assert(std::is_same_v<typename Derived::Scalar, Scalar>,
                "this matrix has another scalar type than the flow: convert it, as in x.cast<float>()");

 public:
  explicit Input(const Eigen::DenseBase<Derived>& x) {
    if constexpr (HasMemory<Derived>) {
      rows_ = rows_of<const Scalar>(x.derived());
    } else {
      evaluated_ = x.derived();
      rows_ = rows_of<const Scalar>(evaluated_);
    }
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const Rows<const Scalar>& rows() const { return rows_; }

 private:
  struct None {};
  using Plain = std::conditional_t<std::is_base_of_v<Eigen::ArrayBase<Derived>, Derived>,
                                   Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic>, MatrixX<Scalar>>;
  [[no_unique_address]] std::conditional_t<HasMemory<Derived>, None, Plain> evaluated_;
  Rows<const Scalar> rows_;
};

}  // namespace eigenflow
