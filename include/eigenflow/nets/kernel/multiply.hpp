#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <type_traits>

#include "eigenflow/nets/kernel/micro_kernel.hpp"
#include "eigenflow/numerics/piece_count.hpp"
#include "eigenflow/numerics/unroll.hpp"

// A matrix product made of blocks: the order of the blocks, and the kernel of each.

namespace eigenflow::nets {

/// A block of a panel with at most Block::rows rows, in as few vectors as possible.
template <int Columns, class Scalar>
void multiply_block(const LeftOperand<Scalar>& left, Eigen::Index panel, const RightOperand<Scalar>& right,
                    Eigen::Index column, Eigen::Index depth, const Result<Scalar>& result,
                    Eigen::Index rows) {
  constexpr Eigen::Index width = Lanes<Scalar>::width;
  constexpr int packets = Block<Scalar>::packets;
  if (rows > packets / 2 * width)
    micro_kernel<1, packets, Columns>(left, panel, right, column, depth, result, rows);
  else if (packets == 4 && rows > width)
    micro_kernel<1, 2, Columns>(left, panel, right, column, depth, result, rows);
  else
    micro_kernel<1, 1, Columns>(left, panel, right, column, depth, result, rows);
}

/// `Columns` columns of panels first .. last - 1. One or two columns are limited by latency, so several panels
/// are computed at once.
template <int Columns, class Scalar>
void multiply_columns(const LeftOperand<Scalar>& left, Eigen::Index first, Eigen::Index last,
                      Eigen::Index rows, const RightOperand<Scalar>& right, Eigen::Index column,
                      Eigen::Index depth, const Result<Scalar>& result) {
  constexpr Eigen::Index height = Block<Scalar>::rows;
  constexpr int together = Columns <= 2 ? 4 / Columns : 1;
  Eigen::Index p = first;
  if constexpr (together > 1)
    for (; p + together <= last && (p + together) * height <= rows; p += together)
      micro_kernel<together, Block<Scalar>::packets, Columns>(left, p, right, column, depth, result, height);
  for (; p < last; ++p)
    multiply_block<Columns>(left, p, right, column, depth, result, std::min(height, rows - p * height));
}

/// A product of one or two steps of depth, as at the first layer of a 2-D conditioner: the rows stay in
/// registers for all columns.
template <int Depth, class Scalar>
void multiply_shallow(const LeftOperand<Scalar>& left, Eigen::Index panel, Eigen::Index rows,
                      const RightOperand<Scalar>& right, const Result<Scalar>& result, Eigen::Index columns) {
  using Number = Lanes<Scalar>;
  constexpr int packets = Block<Scalar>::packets;
  constexpr Eigen::Index width = Number::width, height = Block<Scalar>::rows;
  Number x[static_cast<std::size_t>(Depth * packets)];
  detail::unroll<Depth * packets>([&](auto i) {
    constexpr Eigen::Index k = i / packets, p = i % packets;
    x[i] = Number::load(left.panel(panel) + k * height + p * width);
  });
  const Eigen::Index first = panel * result.panel_stride;
  Scalar* to = result.data + first;
  const Scalar* gate = result.gate ? result.gate + first : nullptr;
  const Scalar* b = right.data;
  for (Eigen::Index c = 0; c < columns; ++c, to += result.column_stride, b += right.column_stride) {
    Number sum[static_cast<std::size_t>(packets)];
    detail::unroll<packets>([&](auto p) { sum[p] = Number(0); });
    detail::unroll<Depth>([&](auto k) {
      constexpr Eigen::Index before = k * packets;
      const Number y(b[k * right.depth_stride]);
      detail::unroll<packets>([&](auto p) { sum[p] = fma(x[before + p], y, sum[p]); });
    });
    if (result.bias) detail::unroll<packets>([&](auto p) { sum[p] += Number(result.bias[c]); });
    if (rows < height || result.add) {
      Number kept[static_cast<std::size_t>(packets)];  // a copy, so that no address keeps the sums in memory
      detail::unroll<packets>([&](auto p) { kept[p] = sum[p]; });
      store_last_rows<packets, 1>(kept, result, panel, c, rows);
      continue;
    }
    if (result.relu) detail::unroll<packets>([&](auto p) { sum[p] = max(sum[p], Number(0)); });
    if (gate) {
      Number total(0);
      detail::unroll<packets>([&](auto p) {
        sum[p] = result.passed(Number::load(gate + p * width), sum[p]);
        total += sum[p];
      });
      result.add_total(c, total);
      gate += result.column_stride;
    }
    detail::unroll<packets>([&](auto p) { sum[p].store(to + p * width); });
  }
}

/// How many panels of the left operand, of that depth, are multiplied with each block of columns together: with all
/// other data in use they fit into a second cache of 256 KB.
template <class Scalar>
Eigen::Index panels_together(Eigen::Index depth) {
  constexpr Eigen::Index half_second_cache = Eigen::Index{128} << 10, scalar_bytes = sizeof(Scalar);
  const Eigen::Index panel_bytes = std::max<Eigen::Index>(depth, 1) * Block<Scalar>::rows * scalar_bytes;
  return std::max<Eigen::Index>(half_second_cache / panel_bytes, 1);
}

/// Called when a panel of a result is done: a reference to any function of the panel number, so that the product is
/// compiled once for all functions.
class AfterPanel {
 public:
  template <class Function>
  AfterPanel(const Function& function)
      : function_(&function), call_([](const void* called, Eigen::Index panel) {
          (*static_cast<const Function*>(called))(panel);
        }) {}
  void operator()(Eigen::Index panel) const { call_(function_, panel); }

 private:
  const void* function_;
  void (*call_)(const void*, Eigen::Index);
};

/// result (rows × columns) = left · right, where the rows of `left` lie in panels; calls after(p) when panel
/// p of the result is done. As many panels as fit into the second cache are multiplied with each block of columns
/// together, so that the right operand is read from memory less often.
template <class Scalar>
void multiply(const LeftOperand<Scalar>& left, Eigen::Index rows, const RightOperand<Scalar>& right,
              Eigen::Index depth, const Result<Scalar>& result, Eigen::Index columns,
              const AfterPanel& after) {
  constexpr Eigen::Index height = Block<Scalar>::rows;
  const Eigen::Index panels = detail::piece_count(rows, height);
  if (depth == 1 || depth == 2) {
    for (Eigen::Index p = 0; p < panels; ++p) {
      const Eigen::Index here = std::min(height, rows - p * height);
      if (depth == 1)
        multiply_shallow<1>(left, p, here, right, result, columns);
      else
        multiply_shallow<2>(left, p, here, right, result, columns);
      after(p);
    }
    return;
  }
  const Eigen::Index group = panels_together<Scalar>(depth);
  for (Eigen::Index first = 0; first < panels; first += group) {
    const Eigen::Index last = std::min(first + group, panels);
    Eigen::Index column = 0;
    const auto blocks_of = [&]<int Columns>(std::integral_constant<int, Columns>) {
      for (; column + Columns <= columns; column += Columns)
        multiply_columns<Columns>(left, first, last, rows, right, column, depth, result);
    };
    blocks_of(std::integral_constant<int, Block<Scalar>::columns>{});
    blocks_of(std::integral_constant<int, 4>{});
    blocks_of(std::integral_constant<int, 2>{});
    blocks_of(std::integral_constant<int, 1>{});
    for (Eigen::Index p = first; p < last; ++p) after(p);
  }
}

}  // namespace eigenflow::nets
