#pragma once

#include <Eigen/Core>
#include <array>

#include "eigenflow/detail/panels.hpp"
#include "eigenflow/detail/transpose.hpp"

// A dense layer's products, y = x w + bias, on panels (N × K and N × M) with w K × M column-major.

namespace eigenflow::detail {

/// y = x w + bias.
template <class Scalar>
void dense(const Panels<Scalar>& x, const Scalar* w, const Scalar* bias, const Panels<Scalar>& y) {
  constexpr Eigen::Index height = Panels<Scalar>::height;
  const RightOperand<Scalar> right{w, 1, x.cols};
  for (Eigen::Index p = 0; p < x.count(); ++p)
    multiply<Scalar>({x.panel(p), height}, right, {x.cols, x.cols}, {y.panel(p), height, bias},
                     x.filled_rows(p), y.cols);
}

/// grad_x = grad_y wᵀ.
template <class Scalar>
void dense_grad_x(const Panels<Scalar>& grad_y, const Scalar* w, const Panels<Scalar>& grad_x) {
  constexpr Eigen::Index height = Panels<Scalar>::height;
  const RightOperand<Scalar> right{w, grad_x.cols, 1};
  for (Eigen::Index p = 0; p < grad_y.count(); ++p)
    multiply<Scalar>({grad_y.panel(p), height}, right, {grad_y.cols, grad_y.cols}, {grad_x.panel(p), height},
                     grad_y.filled_rows(p), grad_x.cols);
}

/// sums(i, m) += Σ_n wide(n, i) thin(n, m) for the M = `M` columns of `thin`; strides say where sums(i, m)
/// lies.
template <int M, class Scalar>
void thin_grad_w(const Panels<Scalar>& wide, const Panels<Scalar>& thin, Scalar* sums,
                 Eigen::Index wide_stride, Eigen::Index thin_stride) {
  using Number = Lanes<Scalar>;
  for (Eigen::Index i = 0; i < wide.cols; ++i) {
    std::array<Number, static_cast<std::size_t>(M)> sum;
    sum.fill(Number(0));
    for (Eigen::Index p = 0; p < wide.count(); ++p)
      for (Eigen::Index n = 0; n < wide.filled_rows(p); n += Number::width) {
        const Number x = Number::load(wide.column(p, i) + n);
        for (std::size_t m = 0; m < sum.size(); ++m)
          sum[m] = fma(x, Number::load(thin.column(p, static_cast<Eigen::Index>(m)) + n), sum[m]);
      }
    for (std::size_t m = 0; m < sum.size(); ++m)
      sums[i * wide_stride + static_cast<Eigen::Index>(m) * thin_stride] += reduce_add(sum[m]);
  }
}

/// grad_w (K × M) += xᵀ grad_y, each entry's sum over the batch added once.
template <class Scalar>
void dense_grad_w(const Panels<Scalar>& x, const Panels<Scalar>& grad_y, Scalar* grad_w, Arena& arena) {
  const Eigen::Index ins = x.cols, outs = grad_y.cols;
  // One or two columns, as at the ends of 2-D conditioners: sums along the columns, without a transpose.
  if (outs == 1) return thin_grad_w<1>(x, grad_y, grad_w, 1, ins);
  if (outs == 2) return thin_grad_w<2>(x, grad_y, grad_w, 1, ins);
  if (ins == 1) return thin_grad_w<1>(grad_y, x, grad_w, ins, 1);
  if (ins == 2) return thin_grad_w<2>(grad_y, x, grad_w, ins, 1);
  constexpr Eigen::Index height = Panels<Scalar>::height;
  const ArenaScope scope(arena);
  const Transposed<Scalar> transposed(x, arena);
  multiply<Scalar>({transposed.data, transposed.stride}, {grad_y.data, 1, height, height * outs},
                   {x.rows, height}, {grad_w, ins, nullptr, true}, ins, outs);
}

/// grad_bias (M) += the sums of the columns of grad_y.
template <class Scalar>
void dense_grad_bias(const Panels<Scalar>& grad_y, Scalar* grad_bias) {
  using Number = Lanes<Scalar>;
  for (Eigen::Index j = 0; j < grad_y.cols; ++j) {
    Number sum(0);
    for (Eigen::Index p = 0; p < grad_y.count(); ++p)
      for (Eigen::Index n = 0; n < grad_y.filled_rows(p); n += Number::width)
        sum += Number::load(grad_y.column(p, j) + n);
    grad_bias[j] += reduce_add(sum);
  }
}

/// One sample: y (M) = x (K) w + bias, each a sum along a contiguous column of w.
template <class Scalar>
void dense_one_row(const Scalar* x, const Scalar* w, const Scalar* bias, Scalar* y, Eigen::Index ins,
                   Eigen::Index outs) {
  using Number = Lanes<Scalar>;
  if (ins < Number::width) {  // too short for vectors along the sum
    for (Eigen::Index j = 0; j < outs; ++j) {
      Scalar sum = bias[j];
      for (Eigen::Index k = 0; k < ins; ++k) sum += x[k] * w[j * ins + k];
      y[j] = sum;
    }
    return;
  }
  constexpr Eigen::Index together = 4;  // independent sums hide the latency of fma
  Eigen::Index j = 0;
  for (; j + together <= outs; j += together) {
    Number sum0(0), sum1(0), sum2(0), sum3(0);
    const Scalar* const column = w + j * ins;
    for (const RowStep<Scalar> step : RowSteps<Scalar>(ins)) {
      const Number in = step.load(x);
      sum0 = fma(in, step.load(column), sum0);
      sum1 = fma(in, step.load(column + ins), sum1);
      sum2 = fma(in, step.load(column + 2 * ins), sum2);
      sum3 = fma(in, step.load(column + 3 * ins), sum3);
    }
    y[j] = bias[j] + reduce_add(sum0);
    y[j + 1] = bias[j + 1] + reduce_add(sum1);
    y[j + 2] = bias[j + 2] + reduce_add(sum2);
    y[j + 3] = bias[j + 3] + reduce_add(sum3);
  }
  for (; j < outs; ++j) {
    Number sum(0);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(ins)) {
      sum = fma(step.load(x), step.load(w + j * ins), sum);
    }
    y[j] = bias[j] + reduce_add(sum);
  }
}

}  // namespace eigenflow::detail
