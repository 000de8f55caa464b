#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/micro_kernel.hpp"
#include "eigenflow/nets/kernel/multiply.hpp"
#include "eigenflow/nets/kernel/panels.hpp"
#include "eigenflow/nets/kernel/transpose.hpp"
#include "eigenflow/numerics/unroll.hpp"

// A dense layer's products, y = x w + bias, on panels (N × K and N × M) with w K × M column-major.

namespace eigenflow::nets {

/// The sums of the columns of a batch, panel by panel: the gradient of the bias.
template <class Scalar>
class ColumnSums {
 public:
  ColumnSums(Eigen::Index columns, Arena& arena)
      : columns_(columns), sums_(arena.allocate<Scalar>(static_cast<std::size_t>(columns * Number::width))) {
    std::fill_n(sums_, columns * Number::width, Scalar(0));
  }

  /// Adds columns first .. last - 1 of panel p; after replacing each vector by change(index, vector).
  template <class Change>
  void add(const Panels<Scalar>& x, Eigen::Index p, Eigen::Index first, Eigen::Index last,
           const Change& change) const {
    const Eigen::Index filled = x.filled_rows(p);
    for (Eigen::Index j = first; j < last; ++j) {
      const Eigen::Index column = x.column(p, j) - x.data;
      Number sum = Number::load(sums_ + j * Number::width);
      for (Eigen::Index i = column; i < column + filled; i += Number::width) {
        const Number changed = change(i, Number::load(x.data + i));
        changed.store(x.data + i);
        sum += changed;
      }
      sum.store(sums_ + j * Number::width);
    }
  }
  /// Adds those of another batch.
  void add(const ColumnSums& others, Eigen::Index first, Eigen::Index last) const {
    for (Eigen::Index i = first * Number::width; i < last * Number::width; ++i) sums_[i] += others.sums_[i];
  }
  /// The sums of column j, one vector.
  Scalar* column(Eigen::Index j) const { return sums_ + j * Number::width; }
  /// to (columns) += the sums.
  void give(Scalar* to) const {
    for (Eigen::Index j = 0; j < columns_; ++j) to[j] += reduce_add(Number::load(sums_ + j * Number::width));
  }

 private:
  using Number = Lanes<Scalar>;

  Eigen::Index columns_;
  Scalar* sums_;
};

/// A part of a product: columns first .. last - 1 of the result, from steps begin .. end - 1 of the
/// depth. Masked entries are not computed.
struct Part {
  Eigen::Index first, last;
  Eigen::Index begin, end;

  Eigen::Index columns() const { return last - first; }
  Eigen::Index depth() const { return end - begin; }
};

/// y = x w + bias, or its positive part with `relu`; calls after(p) when panel p of y is done.
template <class Scalar>
void dense(const Panels<Scalar>& x, const Scalar* w, const Scalar* bias, const Panels<Scalar>& y,
           const Part& part, bool relu, const AfterPanel& after) {
  Result<Scalar> result{y.column(0, part.first), Panels<Scalar>::height, y.stride(), bias + part.first};
  result.relu = relu;
  multiply(x.as_left(part.begin), x.filled_rows(),
           RightOperand<Scalar>{w + part.first * x.cols + part.begin, 1, x.cols}, part.depth(), result,
           part.columns(), after);
}

/// grad_x = grad_y wᵀ; calls after(p) when panel p of grad_x is done. With a `gate` (x = relu(...), with the
/// layout of grad_x) the gradient is zero unless x is positive, and the sums of its columns are added to `sums`.
template <class Scalar>
void dense_grad_x(const Panels<Scalar>& grad_y, const Scalar* w, const Panels<Scalar>& grad_x,
                  const Part& part, const Scalar* gate, const ColumnSums<Scalar>* sums, Arena& arena,
                  const AfterPanel& after) {
  constexpr Eigen::Index height = Panels<Scalar>::height;
  const Eigen::Index ins = grad_x.cols, depth = part.depth(), columns = part.columns();
  Result<Scalar> result{grad_x.column(0, part.first), height, grad_x.stride()};
  if (gate) {
    result.gate = gate + part.first * height;
    result.totals = sums->column(part.first);
  }
  // The numbers of one step of the depth are adjacent, a whole column of w apart from the next step. If w exceeds the
  // second cache, a transpose costs less than a cache line for each step.
  constexpr Eigen::Index near = Eigen::Index{1} << 17;
  const ArenaScope scope(arena);
  const Scalar* const corner = w + part.begin * ins + part.first;
  RightOperand<Scalar> right{corner, ins, 1};
  if (columns * depth > near) {
    Scalar* const transposed = arena.allocate<Scalar>(static_cast<std::size_t>(columns * depth));
    transpose(corner, ins, columns, depth, transposed);
    right = {transposed, 1, depth};
  }
  multiply(grad_y.as_left(part.begin), grad_y.filled_rows(), right, depth, result, columns, after);
}

/// sums(i, m) += Σ_n wide(n, i) thin(n, m) for `I` columns of `wide` from the i-th and the M = `M` columns of
/// `thin`; strides give the position of sums(i, m). Several columns at once hide the latency of fma.
template <int I, int M, class Scalar>
void thin_grad_w_block(const Panels<Scalar>& wide, Eigen::Index first, const Panels<Scalar>& thin,
                       Scalar* sums, Eigen::Index wide_stride, Eigen::Index thin_stride) {
  using Number = Lanes<Scalar>;
  Number sum[static_cast<std::size_t>(I * M)];
  detail::unroll<I * M>([&](auto k) { sum[k] = Number(0); });
  for (Eigen::Index p = 0; p < wide.count(); ++p) {
    const Scalar* const x = wide.column(p, first);
    const Scalar* const y = thin.panel(p);
    for (Eigen::Index n = 0; n < wide.filled_rows(p); n += Number::width) {
      Number thin_number[static_cast<std::size_t>(M)];
      detail::unroll<M>([&](auto m) { thin_number[m] = Number::load(y + m * Panels<Scalar>::height + n); });
      detail::unroll<I>([&](auto i) {
        const Number number = Number::load(x + i * Panels<Scalar>::height + n);
        detail::unroll<M>([&](auto m) { sum[i * M + m] = fma(number, thin_number[m], sum[i * M + m]); });
      });
    }
  }
  detail::unroll<I>([&](auto i) {
    detail::unroll<M>(
        [&](auto m) { sums[(first + i) * wide_stride + m * thin_stride] += reduce_add(sum[i * M + m]); });
  });
}

/// The same for all columns of `wide`.
template <int M, class Scalar>
void thin_grad_w(const Panels<Scalar>& wide, const Panels<Scalar>& thin, Scalar* sums,
                 Eigen::Index wide_stride, Eigen::Index thin_stride) {
  Eigen::Index i = 0;
  for (; i + 4 <= wide.cols; i += 4) thin_grad_w_block<4, M>(wide, i, thin, sums, wide_stride, thin_stride);
  for (; i < wide.cols; ++i) thin_grad_w_block<1, M>(wide, i, thin, sums, wide_stride, thin_stride);
}

/// grad_w (K × M) += xᵀ grad_y, adding the sum over the batch once to each entry. Of the columns of a part, only the
/// rows below `end`.
template <class Scalar>
void dense_grad_w(const Panels<Scalar>& x, const Panels<Scalar>& grad_y, Scalar* grad_w,
                  std::span<const Part> parts, Arena& arena) {
  const Eigen::Index ins = x.cols, outs = grad_y.cols;
  // One or two columns, as in the first and last layers of 2-D conditioners: sums along the columns, without a
  // transpose.
  if (outs == 1) return thin_grad_w<1>(x, grad_y, grad_w, 1, ins);
  if (outs == 2) return thin_grad_w<2>(x, grad_y, grad_w, 1, ins);
  if (ins == 1) return thin_grad_w<1>(grad_y, x, grad_w, ins, 1);
  if (ins == 2) return thin_grad_w<2>(grad_y, x, grad_w, ins, 1);
  // As many columns of x at a time as fit into the second cache when transposed, against all of grad_y.
  constexpr Eigen::Index height = Panels<Scalar>::height;
  const Eigen::Index together = panels_together<Scalar>(x.filled_rows()) * height;
  for (Eigen::Index first = 0; first < ins; first += together) {
    const ArenaScope scope(arena);
    const Eigen::Index last = std::min(first + together, ins);
    const Transposed<Scalar> transposed(x, first, last, arena);
    for (const Part& part : parts) {
      const Eigen::Index end = std::min(part.end, last);
      if (end <= first) continue;
      Result<Scalar> result{grad_w + part.first * ins + first, ins, height};
      result.add = true;
      const RightOperand<Scalar> right{grad_y.column(0, part.first), 1, height, height,
                                       grad_y.stride() - height};
      multiply(transposed.as_left(), end - first, right, transposed.depth, result, part.columns(),
               [](Eigen::Index) {});
    }
  }
}

}  // namespace eigenflow::nets
