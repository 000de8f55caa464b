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

/// The left operand: rows contiguous, one column of them for each step of the depth.
template <class Scalar>
struct LeftOperand {
  const Scalar* data;
  Eigen::Index depth_stride;
};

/// The right operand: single numbers, at data + depth · depth_stride + column · column_stride. Its depth may
/// lie in segments, `segment_stride` apart.
template <class Scalar>
struct RightOperand {
  const Scalar* data;
  Eigen::Index depth_stride;
  Eigen::Index column_stride;
  Eigen::Index segment_stride = 0;

  RightOperand from_column(Eigen::Index column) const {
    return {data + column * column_stride, depth_stride, column_stride, segment_stride};
  }
};

/// The depth, cut into segments of equal length but for the last.
struct Depth {
  Eigen::Index length;
  Eigen::Index segment_length;
};

/// The result: rows contiguous. Its block starts from `bias` (one a column) when there is one, else from
/// zero; with `add` it is then added to what stands there, once.
template <class Scalar>
struct Result {
  Scalar* data;
  Eigen::Index column_stride;
  const Scalar* bias = nullptr;
  bool add = false;
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

/// One block of result = left · right; only the first `rows` of its rows are stored.
template <int Packets, int Columns, class Scalar>
void micro_kernel(const LeftOperand<Scalar>& left, const RightOperand<Scalar>& right, const Depth& depth,
                  const Result<Scalar>& result, Eigen::Index rows) {
  using Number = Lanes<Scalar>;
  constexpr Eigen::Index width = Number::width;
  Number sum[static_cast<std::size_t>(Packets * Columns)];
  unroll<Columns>([&](auto c) {
    unroll<Packets>([&](auto p) { sum[c * Packets + p] = result.bias ? Number(result.bias[c]) : Number(0); });
  });
  const Scalar* a = left.data;
  for (Eigen::Index segment = 0, done = 0; done < depth.length; ++segment, done += depth.segment_length) {
    const Scalar* b = right.data + segment * right.segment_stride;
    const Eigen::Index steps = std::min(depth.segment_length, depth.length - done);
    for (Eigen::Index k = 0; k < steps; ++k, a += left.depth_stride, b += right.depth_stride) {
      Number x[static_cast<std::size_t>(Packets)];
      unroll<Packets>([&](auto p) { x[p] = Number::load(a + p * width); });
      unroll<Columns>([&](auto c) {
        const Number y(b[c * right.column_stride]);
        unroll<Packets>([&](auto p) { sum[c * Packets + p] = fma(x[p], y, sum[c * Packets + p]); });
      });
    }
  }
  unroll<Columns>([&](auto c) {
    Scalar* const to = result.data + c * result.column_stride;
    unroll<Packets>([&](auto p) {
      const Number block = sum[c * Packets + p];
      if ((p + 1) * width <= rows) {
        (result.add ? Number::load(to + p * width) + block : block).store(to + p * width);
      } else if (p * width < rows) {
        const RowStep<Scalar, false> rest{p * width, rows - p * width};
        rest.store(to, result.add ? rest.load(to) + block : block);
      }
    });
  });
}

/// A strip of at most Block::rows rows and any number of columns, in blocks of 6, 4, 2 and 1 columns.
template <int Packets, class Scalar>
void multiply_strip(const LeftOperand<Scalar>& left, const RightOperand<Scalar>& right, const Depth& depth,
                    const Result<Scalar>& result, Eigen::Index rows, Eigen::Index columns) {
  Eigen::Index column = 0;
  const auto blocks_of = [&]<int Columns>(std::integral_constant<int, Columns>) {
    for (; column + Columns <= columns; column += Columns)
      micro_kernel<Packets, Columns>(left, right.from_column(column), depth,
                                     {result.data + column * result.column_stride, result.column_stride,
                                      result.bias ? result.bias + column : nullptr, result.add},
                                     rows);
  };
  blocks_of(std::integral_constant<int, Block<Scalar>::columns>{});
  blocks_of(std::integral_constant<int, 4>{});
  blocks_of(std::integral_constant<int, 2>{});
  blocks_of(std::integral_constant<int, 1>{});
}

/// result (rows × columns) = left · right, strip by strip. `left` must be readable to a whole vector of rows.
template <class Scalar>
void multiply(const LeftOperand<Scalar>& left, const RightOperand<Scalar>& right, const Depth& depth,
              const Result<Scalar>& result, Eigen::Index rows, Eigen::Index columns) {
  constexpr Eigen::Index width = Lanes<Scalar>::width;
  Eigen::Index row = 0;
  const auto strips_of = [&]<int Packets>(std::integral_constant<int, Packets>) {
    for (; row + (Packets - 1) * width < rows; row += Packets * width)
      multiply_strip<Packets>(
          LeftOperand<Scalar>{left.data + row, left.depth_stride}, right, depth,
          Result<Scalar>{result.data + row, result.column_stride, result.bias, result.add}, rows - row,
          columns);
  };
  if constexpr (Block<Scalar>::packets == 4) strips_of(std::integral_constant<int, 4>{});
  strips_of(std::integral_constant<int, 2>{});
  strips_of(std::integral_constant<int, 1>{});
}

}  // namespace eigenflow::detail
