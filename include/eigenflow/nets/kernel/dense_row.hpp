#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstddef>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/unroll.hpp"

// The product of a dense layer for one sample, y = x w + bias. Every column of w is read once, so the speed depends on
// reading it in whole vectors, several columns at once.

namespace eigenflow::nets {

/// One sample of K ≥ width features, as whole vectors. The last one begins `width` before the end of the sample,
/// with zeros for the numbers that the others have. So the columns of w are read in whole vectors too.
template <class Scalar>
class RowOperand {
 public:
  using Number = Lanes<Scalar>;
  static constexpr Eigen::Index width = Number::width;

  RowOperand(const Scalar* x, Eigen::Index size) : x_(x), whole_(size / width * width), last_(size - width) {
    std::array<Scalar, static_cast<std::size_t>(width)> rest{};
    std::copy(x + whole_, x + size, rest.end() - (size - whole_));
    rest_ = Number::load(rest.data());
  }

  /// y += the sums of the products with `Columns` columns of w, which hide each other's latency.
  template <int Columns>
  void add_products(const Scalar* w, Eigen::Index stride, Scalar* y) const {
    Number sum[static_cast<std::size_t>(Columns)];
    detail::unroll<Columns>([&](auto c) { sum[c] = Number(0); });
    const auto add = [&](Number x, const Scalar* from) {
      detail::unroll<Columns>([&](auto c) { sum[c] = fma(x, Number::load(from + c * stride), sum[c]); });
    };
    for (Eigen::Index k = 0; k < whole_; k += width) add(Number::load(x_ + k), w + k);
    if (whole_ != last_ + width) add(rest_, w + last_);
    detail::unroll<Columns>([&](auto c) { y[c] += reduce_add(sum[c]); });
  }

 private:
  const Scalar* x_;
  Eigen::Index whole_, last_;
  Number rest_;
};

/// y (M) += x (`Features`) w, columns of w `stride` apart.
template <int Features, class Scalar>
void add_short_products(const Scalar* x, const Scalar* w, Eigen::Index stride, Scalar* y, Eigen::Index outs) {
  for (Eigen::Index j = 0; j < outs; ++j, w += stride)
    detail::unroll<Features>([&](auto k) { y[j] += x[k] * w[k]; });
}

/// One sample: y (M) = x (K) w + bias, each a sum along the first K numbers of a column of w, which lie
/// `stride` apart.
template <class Scalar>
void dense_one_row(const Scalar* x, const Scalar* w, Eigen::Index stride, const Scalar* bias, Scalar* y,
                   Eigen::Index ins, Eigen::Index outs) {
  std::copy(bias, bias + outs, y);
  if (ins >= Lanes<Scalar>::width) {
    const RowOperand<Scalar> operand(x, ins);
    constexpr int together = 4;
    Eigen::Index j = 0;
    for (; j + together <= outs; j += together)
      operand.template add_products<together>(w + j * stride, stride, y + j);
    for (; j < outs; ++j) operand.template add_products<1>(w + j * stride, stride, y + j);
    return;
  }
  // Too short for vectors along the sum, as the single feature of a 2-D flow: use vectors along the result.
  if (ins == 1 && stride == 1) {
    VectorMap<Scalar>(y, outs) += x[0] * ConstVectorMap<Scalar>(w, outs);
    return;
  }
  switch (ins) {
    case 1:
      return add_short_products<1>(x, w, stride, y, outs);
    case 2:
      return add_short_products<2>(x, w, stride, y, outs);
    case 3:
      return add_short_products<3>(x, w, stride, y, outs);
    case 4:
      return add_short_products<4>(x, w, stride, y, outs);
    default:
      for (Eigen::Index j = 0; j < outs; ++j, w += stride)
        for (Eigen::Index k = 0; k < ins; ++k) y[j] += x[k] * w[k];
  }
}

}  // namespace eigenflow::nets
