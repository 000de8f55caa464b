#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>

#include "eigenflow/arena.hpp"
#include "eigenflow/tile.hpp"

// The one door for large matrix products. Eigen's public product takes its packing blocks from the heap and
// cuts the depth by the cache sizes that it reads from the machine; its kernel, called directly, works in the
// arena's memory and with constant block sizes, so that a product allocates nothing and each entry of a
// result gains its sum exactly once. Define EIGENFLOW_PUBLIC_PRODUCTS to use the public product instead
// (should a future Eigen move the kernel).

namespace eigenflow::detail {

#ifndef EIGENFLOW_PUBLIC_PRODUCTS

template <class Scalar>
class ArenaBlocking : public Eigen::internal::level3_blocking<Scalar, Scalar> {
 public:
  ArenaBlocking(Eigen::Index rows, Eigen::Index cols, Eigen::Index depth, Arena& arena) {
    // Up to this depth a sum is not cut; it covers the rows of a shard, so that ∂loss/∂W gains one sum a
    // shard.
    constexpr Eigen::Index whole_depth = 512, cut_depth = 256, most_rows = 240, most_cols = 2048;
    this->m_kc = depth <= whole_depth ? depth : cut_depth;
    this->m_mc = std::min(rows, most_rows);
    this->m_nc = std::min(cols, most_cols);
    this->m_blockA = arena.allocate<Scalar>(static_cast<std::size_t>(this->m_kc * this->m_mc));
    this->m_blockB = arena.allocate<Scalar>(static_cast<std::size_t>(this->m_kc * this->m_nc));
  }
};

/// result (column-major, rows × cols) += left · right, each operand column-major or transposed.
template <int LeftOrder, int RightOrder, class Scalar>
void multiply_add(Eigen::Index rows, Eigen::Index cols, Eigen::Index depth, const Scalar* left,
                  Eigen::Index left_stride, const Scalar* right, Eigen::Index right_stride, Scalar* result,
                  Eigen::Index result_stride, Arena& arena) {
  if (rows == 0 || cols == 0 || depth == 0) return;
  const ArenaScope scope(arena);
  ArenaBlocking<Scalar> blocking(rows, cols, depth, arena);
  Eigen::internal::general_matrix_matrix_product<Eigen::Index, Scalar, LeftOrder, false, Scalar, RightOrder,
                                                 false, Eigen::ColMajor, 1>::run(rows, cols, depth, left,
                                                                                 left_stride, right,
                                                                                 right_stride, result, 1,
                                                                                 result_stride, Scalar(1),
                                                                                 blocking, nullptr);
}

#else

template <int LeftOrder, int RightOrder, class Scalar>
void multiply_add(Eigen::Index rows, Eigen::Index cols, Eigen::Index depth, const Scalar* left,
                  Eigen::Index left_stride, const Scalar* right, Eigen::Index right_stride, Scalar* result,
                  Eigen::Index result_stride, Arena&) {
  using Stride = Eigen::OuterStride<>;
  using Left = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, LeftOrder>;
  using Right = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, RightOrder>;
  const Eigen::Map<const Left, 0, Stride> a(left, rows, depth, Stride(left_stride));
  const Eigen::Map<const Right, 0, Stride> b(right, depth, cols, Stride(right_stride));
  Eigen::Map<MatrixX<Scalar>, 0, Stride> c(result, rows, cols, Stride(result_stride));
  c.noalias() += a * b;
}

#endif

/// y (N × M) += x (N × K) · w (K × M).
template <class Scalar>
void product(const ConstMatrixMap<Scalar>& x, const ConstMatrixMap<Scalar>& w, MatrixMap<Scalar>& y,
             Arena& arena) {
  multiply_add<Eigen::ColMajor, Eigen::ColMajor>(x.rows(), w.cols(), x.cols(), x.data(), x.rows(), w.data(),
                                                 w.rows(), y.data(), y.rows(), arena);
}

/// grad_w (K × M) += xᵀ (K × N) · grad_y (N × M).
template <class Scalar>
void product_grad_w(const ConstMatrixMap<Scalar>& x, const ConstMatrixMap<Scalar>& grad_y,
                    MatrixMap<Scalar>& grad_w, Arena& arena) {
  multiply_add<Eigen::RowMajor, Eigen::ColMajor>(x.cols(), grad_y.cols(), x.rows(), x.data(), x.rows(),
                                                 grad_y.data(), grad_y.rows(), grad_w.data(), grad_w.rows(),
                                                 arena);
}

/// grad_x (N × K) += grad_y (N × M) · wᵀ (M × K).
template <class Scalar>
void product_grad_x(const ConstMatrixMap<Scalar>& grad_y, const ConstMatrixMap<Scalar>& w,
                    MatrixMap<Scalar>& grad_x, Arena& arena) {
  multiply_add<Eigen::ColMajor, Eigen::RowMajor>(grad_y.rows(), w.rows(), w.cols(), grad_y.data(),
                                                 grad_y.rows(), w.data(), w.rows(), grad_x.data(),
                                                 grad_x.rows(), arena);
}

}  // namespace eigenflow::detail
