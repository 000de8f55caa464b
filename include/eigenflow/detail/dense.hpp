#pragma once

#include <Eigen/Core>

#include "eigenflow/detail/product.hpp"
#include "eigenflow/detail/thin_product.hpp"
#include "eigenflow/lanes.hpp"
#include "eigenflow/tile.hpp"

// A dense layer's three products, each by the kernel that suits its shape.

namespace eigenflow::detail {

/// y (N × M) = x (N × K) w (K × M) + bias (M).
template <class Scalar>
void dense(const ConstMatrixMap<Scalar>& x, const ConstMatrixMap<Scalar>& w,
           const ConstVectorMap<Scalar>& bias, MatrixMap<Scalar>& y, Arena& arena) {
  const Eigen::Index rows = x.rows(), ins = x.cols(), outs = w.cols();
  for (Eigen::Index j = 0; j < outs; ++j) y.col(j).setConstant(bias[j]);
  if (rows == 1)
    product_one_row(x.data(), w.data(), y.data(), ins, outs);
  else if (ins > 0 && ins <= most_thin_columns)
    with_thin(ins,
              [&](auto k) { product_thin_in<k.value>(x.data(), w.data(), y.data(), rows, outs, 1, ins); });
  else if (outs <= most_thin_columns)
    with_thin(outs,
              [&](auto m) { product_thin_out<m.value>(x.data(), w.data(), y.data(), rows, ins, 1, ins); });
  else
    product(x, w, y, arena);
}

/// grad_w (K × M) += xᵀ grad_y.
template <class Scalar>
void dense_grad_w(const ConstMatrixMap<Scalar>& x, const ConstMatrixMap<Scalar>& grad_y,
                  MatrixMap<Scalar>& grad_w, Arena& arena) {
  const Eigen::Index rows = x.rows(), ins = x.cols(), outs = grad_y.cols();
  if (outs <= most_thin_columns)
    with_thin(outs, [&](auto m) {
      product_thin_grad_w<m.value>(x.data(), grad_y.data(), grad_w.data(), rows, ins, 1, ins);
    });
  else if (ins > 0 && ins <= most_thin_columns)
    with_thin(ins, [&](auto k) {
      product_thin_grad_w<k.value>(grad_y.data(), x.data(), grad_w.data(), rows, outs, ins, 1);
    });
  else
    product_grad_w(x, grad_y, grad_w, arena);
}

/// grad_x (N × K) += grad_y wᵀ.
template <class Scalar>
void dense_grad_x(const ConstMatrixMap<Scalar>& grad_y, const ConstMatrixMap<Scalar>& w,
                  MatrixMap<Scalar>& grad_x, Arena& arena) {
  const Eigen::Index rows = grad_y.rows(), ins = w.rows(), outs = grad_y.cols();
  if (outs <= most_thin_columns)
    with_thin(outs, [&](auto m) {
      product_thin_in<m.value>(grad_y.data(), w.data(), grad_x.data(), rows, ins, ins, 1);
    });
  else if (ins > 0 && ins <= most_thin_columns)
    with_thin(ins, [&](auto k) {
      product_thin_out<k.value>(grad_y.data(), w.data(), grad_x.data(), rows, outs, ins, 1);
    });
  else
    product_grad_x(grad_y, w, grad_x, arena);
}

/// The sums of each column of grad_y, added to grad_bias.
template <class Scalar>
void dense_grad_bias(const ConstMatrixMap<Scalar>& grad_y, VectorMap<Scalar>& grad_bias) {
  for (Eigen::Index j = 0; j < grad_y.cols(); ++j) {
    Lanes<Scalar> sum(0);
    for_each_step<Scalar>(grad_y.rows(), [&](const auto step) { sum += step.load(grad_y.col(j).data()); });
    grad_bias[j] += reduce_add(sum);
  }
}

}  // namespace eigenflow::detail
