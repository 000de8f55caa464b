#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <type_traits>

#include "eigenflow/lanes.hpp"
#include "eigenflow/tile.hpp"

// Products in which one side has one or two columns: the first and last layers of 2-D conditioners, for which
// packing costs more than the product. Names as in product.hpp: x is N × K, w is K × M, y is N × M.

namespace eigenflow::detail {

inline constexpr Eigen::Index most_thin_columns = 2;

/// A few sums that stay in registers while the rows pass by.
template <class Scalar, int Count>
class Registers {
 public:
  Lanes<Scalar>& operator[](int i) { return lanes_[static_cast<std::size_t>(i)]; }

 private:
  std::array<Lanes<Scalar>, static_cast<std::size_t>(Count)> lanes_;
};

/// y += x w for K = `K`: every column of y is a combination of K columns that stay in registers.
template <int K, class Scalar>
void product_thin_in(const Scalar* x, const Scalar* w, Scalar* y, Eigen::Index rows, Eigen::Index outs,
                     Eigen::Index w_in_stride, Eigen::Index w_out_stride) {
  for (Eigen::Index j = 0; j < outs; ++j) {
    for_each_step<Scalar>(rows, [&](const auto step) {
      Lanes<Scalar> sum = step.load(y + j * rows);
      for (int k = 0; k < K; ++k)
        sum = fma(Lanes<Scalar>(w[k * w_in_stride + j * w_out_stride]), step.load(x + k * rows), sum);
      step.store(y + j * rows, sum);
    });
  }
}

/// y += x w for M = `M`: a step of all M results stays in registers while the K columns of x pass by.
template <int M, class Scalar>
void product_thin_out(const Scalar* x, const Scalar* w, Scalar* y, Eigen::Index rows, Eigen::Index ins,
                      Eigen::Index w_in_stride, Eigen::Index w_out_stride) {
  for_each_step<Scalar>(rows, [&](const auto step) {
    Registers<Scalar, M> even, odd;  // two chains of sums hide the latency of fma
    for (int m = 0; m < M; ++m) {
      even[m] = step.load(y + m * rows);
      odd[m] = Lanes<Scalar>(0);
    }
    Eigen::Index k = 0;
    for (; k + 1 < ins; k += 2) {
      const Lanes<Scalar> first = step.load(x + k * rows), second = step.load(x + (k + 1) * rows);
      for (int m = 0; m < M; ++m) {
        even[m] = fma(Lanes<Scalar>(w[k * w_in_stride + m * w_out_stride]), first, even[m]);
        odd[m] = fma(Lanes<Scalar>(w[(k + 1) * w_in_stride + m * w_out_stride]), second, odd[m]);
      }
    }
    for (int m = 0; m < M; ++m) {
      if (k < ins)
        even[m] = fma(Lanes<Scalar>(w[k * w_in_stride + m * w_out_stride]), step.load(x + k * rows), even[m]);
      step.store(y + m * rows, even[m] + odd[m]);
    }
  });
}

/// sums(i, m) += Σ_n wide(n, i) thin(n, m) for M = `M` columns of `thin`; strides say where sums(i, m) lies.
template <int M, class Scalar>
void product_thin_grad_w(const Scalar* wide, const Scalar* thin, Scalar* sums, Eigen::Index rows,
                         Eigen::Index columns, Eigen::Index wide_stride, Eigen::Index thin_stride) {
  for (Eigen::Index i = 0; i < columns; ++i) {
    Registers<Scalar, M> sum;
    for (int m = 0; m < M; ++m) sum[m] = Lanes<Scalar>(0);
    for_each_step<Scalar>(rows, [&](const auto step) {
      const Lanes<Scalar> column = step.load(wide + i * rows);
      for (int m = 0; m < M; ++m) sum[m] = fma(column, step.load(thin + m * rows), sum[m]);
    });
    for (int m = 0; m < M; ++m) sums[i * wide_stride + m * thin_stride] += reduce_add(sum[m]);
  }
}

/// Calls `with(std::integral_constant<int, columns>)` for a thin number of columns.
template <class With>
void with_thin(Eigen::Index columns, With&& with) {
  if (columns == 1)
    with(std::integral_constant<int, 1>{});
  else
    with(std::integral_constant<int, 2>{});
}

/// One sample: y (1 × M) += x (1 × K) · w, each a sum along a contiguous column of w.
template <class Scalar>
void product_one_row(const Scalar* x, const Scalar* w, Scalar* y, Eigen::Index ins, Eigen::Index outs) {
  constexpr int together = 4;  // independent sums hide the latency of fma
  Eigen::Index j = 0;
  for (; j + together <= outs; j += together) {
    Registers<Scalar, together> sum;
    for (int i = 0; i < together; ++i) sum[i] = Lanes<Scalar>(0);
    for_each_step<Scalar>(ins, [&](const auto step) {
      const Lanes<Scalar> in = step.load(x);
      for (int i = 0; i < together; ++i) sum[i] = fma(in, step.load(w + (j + i) * ins), sum[i]);
    });
    for (int i = 0; i < together; ++i) y[j + i] += reduce_add(sum[i]);
  }
  for (; j < outs; ++j) {
    Lanes<Scalar> sum(0);
    for_each_step<Scalar>(ins,
                          [&](const auto step) { sum = fma(step.load(x), step.load(w + j * ins), sum); });
    y[j] += reduce_add(sum);
  }
}

}  // namespace eigenflow::detail
