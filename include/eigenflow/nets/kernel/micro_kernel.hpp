#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "eigenflow/authoring/lanes.hpp"

// The inner loop of every matrix product: a small block of the result stays in registers over the whole depth.
// Eigen's own kernels need packing and, on g++ with AVX-512, spill their sums in a large translation unit (half the
// speed); this one is small enough to compile to the same code everywhere, for every instruction set that Eigen
// knows.

namespace eigenflow::nets {

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

/// The left operand: panels of Block::rows contiguous rows for each step of the depth, readable as a whole.
template <class Scalar>
struct LeftOperand {
  const Scalar* data;
  Eigen::Index panel_stride;

  const Scalar* panel(Eigen::Index p) const { return data + p * panel_stride; }
};

/// The right operand: single numbers. Steps of the depth come in runs; step k of a run is at data +
/// k · depth_stride + column · column_stride, and from the end of a run it is `to_next_run` to the next.
template <class Scalar>
struct RightOperand {
  const Scalar* data;
  Eigen::Index depth_stride;
  Eigen::Index column_stride;
  Eigen::Index run = std::numeric_limits<Eigen::Index>::max();
  Eigen::Index to_next_run = 0;
};

/// The result: rows contiguous, `panel_stride` from one panel of rows to the next; and the
/// operations on each sum while it is in a register.
template <class Scalar>
struct Result {
  Scalar* data;
  Eigen::Index column_stride;
  Eigen::Index panel_stride;
  const Scalar* bias = nullptr;  ///< added to the sums of a column
  bool add = false;              ///< the finished sum is added to the old value, once
  bool relu = false;             ///< negative sums become zero
  const Scalar* gate = nullptr;  ///< laid out as the result: sums become zero where it is not positive,
  Scalar* totals = nullptr;      ///< and the stored values are added to these, one vector per column

  /// Applies the gate.
  Lanes<Scalar> passed(Lanes<Scalar> open, Lanes<Scalar> sum) const {
    return select(open > Lanes<Scalar>(0), sum, Lanes<Scalar>(0));
  }
  void add_total(Eigen::Index column, Lanes<Scalar> sum) const {
    Scalar* const total = totals + column * Lanes<Scalar>::width;
    (Lanes<Scalar>::load(total) + sum).store(total);
  }
};

/// Finishes and stores the last rows of a batch, whose sums are stored column by column.
template <int Packets, int Columns, class Scalar>
void store_last_rows(const Lanes<Scalar>* sum, const Result<Scalar>& result, Eigen::Index panel,
                     Eigen::Index column, Eigen::Index rows) {
  using Number = Lanes<Scalar>;
  constexpr Eigen::Index width = Number::width;
  for (Eigen::Index c = 0; c < Columns; ++c, sum += Packets) {
    const Eigen::Index place = panel * result.panel_stride + (column + c) * result.column_stride;
    for (Eigen::Index p = 0; p < Packets && p * width < rows; ++p) {
      const RowStep<Scalar> step(p * width, std::min(width, rows - p * width));
      Number s = sum[p];
      if (result.relu) s = max(s, Number(0));
      if (result.gate) {
        s = result.passed(step.load(result.gate + place), s);
        result.add_total(column + c, s);
      }
      step.store(result.data + place, result.add ? step.load(result.data + place) + s : s);
    }
  }
}

/// `Panels` blocks of result = left · right, one below the other; of a single one only the first `rows` rows
/// are stored. V counts the vectors of a column, I all sums: written out, so that each is a register.
template <int Panels, int Packets, int Columns, class Scalar, std::size_t... V, std::size_t... I>
void micro_kernel(const LeftOperand<Scalar>& left, Eigen::Index panel, const RightOperand<Scalar>& right,
                  Eigen::Index column, Eigen::Index depth, const Result<Scalar>& result, Eigen::Index rows,
                  std::index_sequence<V...>, std::index_sequence<I...>) {
  using Number = Lanes<Scalar>;
  using Index = Eigen::Index;
  constexpr Index width = Number::width, height = Block<Scalar>::rows;
  constexpr std::size_t vectors = sizeof...(V), packets = Packets;
  const Index to_stride = result.column_stride;
  Scalar* const to = result.data + panel * result.panel_stride + column * to_stride;
  if (result.add) {  // prefetch the old values, which may not be in a cache
    constexpr Index line = 64 / Index{sizeof(Scalar)};
    for (Index c = 0; c < Columns; ++c) {
      for (Index i = 0; i < height; i += line) Eigen::internal::prefetch(to + c * to_stride + i);
      Eigen::internal::prefetch(to + c * to_stride + height - 1);
    }
  }
  const Index column_stride = right.column_stride, depth_stride = right.depth_stride,
              panel_stride = left.panel_stride;
  const Scalar* a = left.panel(panel);
  const Scalar* b = right.data + column * column_stride;
  Index left_of_run = right.run;
  Number sum[] = {(void(I), Number(0))...};
  for (Index k = 0; k < depth; ++k, a += height, b += depth_stride) {
    if (left_of_run-- == 0) {
      left_of_run = right.run - 1;
      b += right.to_next_run;
    }
    constexpr Index ahead = 8;  // steps, if each takes its own cache line
    Eigen::internal::prefetch(b + ahead * depth_stride);
    const Number x[] = {Number::load(a + Index(V / packets) * panel_stride + Index(V % packets) * width)...};
    ((sum[I] = fma(x[I % vectors], Number(b[Index(I / vectors) * column_stride]), sum[I])), ...);
  }
  if (result.bias) ((sum[I] += Number(result.bias[column + Index(I / vectors)])), ...);
  if (rows < Packets * width) {
    const Number kept[] = {sum[I]...};
    return store_last_rows<Packets, Columns>(kept, result, panel, column, rows);
  }
  const auto offset = [&](std::size_t i) {
    return Index(i % vectors / packets) * result.panel_stride + Index(i / vectors) * to_stride +
           Index(i % packets) * width;
  };
  if (result.relu) ((sum[I] = max(sum[I], Number(0))), ...);
  if (result.gate) {
    const Scalar* const gate = result.gate + (to - result.data);
    const Number through[] = {result.passed(Number::load(gate + offset(I)), sum[I])...};
    for (Index c = 0; c < Columns; ++c)
      result.add_total(column + c, (through[std::size_t(c) * vectors + V] + ...));
    return (through[I].store(to + offset(I)), ...);
  }
  if (result.add) ((sum[I] += Number::load(to + offset(I))), ...);
  (sum[I].store(to + offset(I)), ...);
}

template <int Panels, int Packets, int Columns, class Scalar>
void micro_kernel(const LeftOperand<Scalar>& left, Eigen::Index panel, const RightOperand<Scalar>& right,
                  Eigen::Index column, Eigen::Index depth, const Result<Scalar>& result, Eigen::Index rows) {
  constexpr std::size_t packets = std::size_t{Panels} * std::size_t{Packets};
  micro_kernel<Panels, Packets, Columns>(left, panel, right, column, depth, result, rows,
                                         std::make_index_sequence<packets>{},
                                         std::make_index_sequence<packets * std::size_t{Columns}>{});
}

}  // namespace eigenflow::nets
