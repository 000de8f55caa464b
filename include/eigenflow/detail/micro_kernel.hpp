#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "eigenflow/lanes.hpp"

// The inner loop of every matrix product: a small block of the result stays in registers while the depth
// passes by. Eigen's own kernels need packing and, on g++ with AVX-512, spill their sums in a large
// translation unit (half the speed); this one is small enough to compile to the same code everywhere, for
// every instruction set that Eigen knows.

namespace eigenflow::detail {

#ifdef EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS
inline constexpr int vector_registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;
#else
inline constexpr int vector_registers = 16;
#endif

/// The largest block: `packets` vectors of rows by `columns`, its sums filling the registers.
template <class Scalar>
struct Block {
  static constexpr int packets = vector_registers >= 32 ? 4 : 2;
  static constexpr int columns = 6;
  static constexpr Eigen::Index rows = packets * Lanes<Scalar>::width;
};

/// The right operand: single numbers, at data + k · depth_stride + column · column_stride for step k of the
/// depth. From one block of columns to the next it is `block_stride`, where blocks are gathered.
template <class Scalar>
struct RightOperand {
  const Scalar* data;
  Eigen::Index depth_stride;
  Eigen::Index column_stride;
  Eigen::Index block_stride = Block<Scalar>::columns * column_stride;

  const Scalar* at(Eigen::Index column) const {
    constexpr Eigen::Index columns = Block<Scalar>::columns;
    return data + column / columns * block_stride + column % columns * column_stride;
  }
};

/// The result: rows contiguous, `panel_stride` from one panel of rows to the next. Each block starts from
/// `bias` (one a column) when there is one, else from zero; with `add` it is then added to what stands there,
/// once.
template <class Scalar>
struct Result {
  Scalar* data;
  Eigen::Index column_stride;
  Eigen::Index panel_stride;
  const Scalar* bias = nullptr;
  bool add = false;

  Result at(Eigen::Index panel, Eigen::Index column) const {
    return {data + panel * panel_stride + column * column_stride, column_stride, panel_stride,
            bias ? bias + column : nullptr, add};
  }
};

/// Calls body(0), body(1), ... with constants, so that what they index stays in registers at any optimisation
/// level.
template <int Count, class Body>
void unroll(const Body& body) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (body(std::integral_constant<Eigen::Index, static_cast<Eigen::Index>(I)>{}), ...);
  }
  (std::make_index_sequence<static_cast<std::size_t>(Count)>{});
}

/// One block of result = left · right; only the first `rows` of its rows are stored. The left operand is a
/// panel: Block::rows contiguous rows for each step of the depth, readable as a whole.
template <int Packets, int Columns, class Scalar>
void micro_kernel(const Scalar* left, const RightOperand<Scalar>& right, Eigen::Index column,
                  Eigen::Index depth, const Result<Scalar>& result, Eigen::Index rows) {
  using Number = Lanes<Scalar>;
  constexpr Eigen::Index width = Number::width, height = Block<Scalar>::rows;
  Number sum[static_cast<std::size_t>(Packets * Columns)];
  unroll<Columns>([&](auto c) {
    const Number start = result.bias ? Number(result.bias[c]) : Number(0);
    unroll<Packets>([&](auto p) { sum[c * Packets + p] = start; });
  });
  if (result.add)  // what stands there is far away: on its way while the depth passes by
    unroll<Columns>([&](auto c) {
      Eigen::internal::prefetch(result.data + c * result.column_stride);
      Eigen::internal::prefetch(result.data + c * result.column_stride + height - 1);
    });
  const Eigen::Index column_stride = right.column_stride, depth_stride = right.depth_stride;
  const Scalar* b = right.at(column);
  for (Eigen::Index k = 0; k < depth; ++k, left += height, b += depth_stride) {
    Number x[static_cast<std::size_t>(Packets)];
    unroll<Packets>([&](auto p) { x[p] = Number::load(left + p * width); });
    unroll<Columns>([&](auto c) {
      const Number y(b[c * column_stride]);
      unroll<Packets>([&](auto p) { sum[c * Packets + p] = fma(x[p], y, sum[c * Packets + p]); });
    });
  }
  if (rows >= Packets * width) {
    unroll<Columns>([&](auto c) {
      Scalar* const to = result.data + c * result.column_stride;
      unroll<Packets>([&](auto p) {
        const Number block = sum[c * Packets + p];
        (result.add ? Number::load(to + p * width) + block : block).store(to + p * width);
      });
    });
    return;
  }
  unroll<Columns>([&](auto c) {
    Scalar* const to = result.data + c * result.column_stride;
    unroll<Packets>([&](auto p) {
      if (p * width >= rows) return;
      const RowStep<Scalar> step(p * width, std::min(width, rows - p * width));
      const Number block = sum[c * Packets + p];
      step.store(to, result.add ? step.load(to) + block : block);
    });
  });
}

/// The same for a panel of any number of rows, at most Block::rows: no more vectors than they need.
template <int Columns, class Scalar>
void multiply_block(const Scalar* left, const RightOperand<Scalar>& right, Eigen::Index column,
                    Eigen::Index depth, const Result<Scalar>& result, Eigen::Index rows) {
  constexpr Eigen::Index width = Lanes<Scalar>::width;
  constexpr int packets = Block<Scalar>::packets;
  if (rows > packets / 2 * width)
    micro_kernel<packets, Columns>(left, right, column, depth, result, rows);
  else if (packets == 4 && rows > width)
    micro_kernel<2, Columns>(left, right, column, depth, result, rows);
  else
    micro_kernel<1, Columns>(left, right, column, depth, result, rows);
}

/// The left operand: rows in panels of Block::rows, `panel_stride` from one to the next.
template <class Scalar>
struct LeftOperand {
  const Scalar* data;
  Eigen::Index rows;
  Eigen::Index panel_stride;
};

/// result (rows × columns) = left · right over `depth` steps; calls after(p) when panel p of the result is
/// done. As many panels as fit the second cache pass by each block of columns together, so that the right
/// operand comes from further away less often.
template <class Scalar, class After>
void multiply(const LeftOperand<Scalar>& left, const RightOperand<Scalar>& right, Eigen::Index depth,
              const Result<Scalar>& result, Eigen::Index columns, const After& after) {
  constexpr Eigen::Index height = Block<Scalar>::rows, scalar_bytes = sizeof(Scalar);
  constexpr Eigen::Index second_cache = Eigen::Index{128} << 10;
  const Eigen::Index panels = (left.rows + height - 1) / height,
                     panel_bytes = std::max<Eigen::Index>(depth, 1) * height * scalar_bytes;
  const Eigen::Index group = std::max<Eigen::Index>(second_cache / panel_bytes, 1);
  for (Eigen::Index first = 0; first < panels; first += group) {
    const Eigen::Index last = std::min(first + group, panels);
    Eigen::Index column = 0;
    const auto blocks_of = [&]<int Columns>(std::integral_constant<int, Columns>) {
      for (; column + Columns <= columns; column += Columns)
        for (Eigen::Index p = first; p < last; ++p)
          multiply_block<Columns>(left.data + p * left.panel_stride, right, column, depth,
                                  result.at(p, column), std::min(height, left.rows - p * height));
    };
    blocks_of(std::integral_constant<int, Block<Scalar>::columns>{});
    blocks_of(std::integral_constant<int, 4>{});
    blocks_of(std::integral_constant<int, 2>{});
    blocks_of(std::integral_constant<int, 1>{});
    for (Eigen::Index p = first; p < last; ++p) after(p);
  }
}

}  // namespace eigenflow::detail
