#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/nets/kernel/micro_kernel.hpp"
#include "eigenflow/numerics/piece_count.hpp"
#include "eigenflow/numerics/unroll.hpp"

namespace eigenflow::nets {

/// A batch inside a network: N × M numbers in panels of a few vectors of rows, each panel column-major and
/// contiguous, so that a product reads it in order without packing, and its columns do not compete for the same
/// cache lines. One cache line separates panels, so that equal columns of two panels do not either. The last panel is
/// padded to a whole vector; the padding is zero in inputs and cotangents, and finite everywhere.
template <class Scalar>
struct Panels {
  static constexpr Eigen::Index height = Block<Scalar>::rows;

  Scalar* data;
  Eigen::Index rows;
  Eigen::Index cols;

  static Panels allocate(Arena& arena, Eigen::Index rows, Eigen::Index cols) {
    Panels panels{nullptr, rows, cols};
    panels.data = arena.allocate<Scalar>(static_cast<std::size_t>(panels.count() * panels.stride()));
    return panels;
  }

  Eigen::Index count() const { return detail::piece_count(rows, height); }
  /// From one panel to the next.
  Eigen::Index stride() const {
    constexpr auto line = static_cast<Eigen::Index>(Arena::alignment / sizeof(Scalar));
    return height * cols + line;
  }
  Scalar* panel(Eigen::Index p) const { return data + p * stride(); }
  Scalar* column(Eigen::Index p, Eigen::Index j) const { return panel(p) + j * height; }
  /// Rows of panel p that hold samples, and all rows with the padding.
  Eigen::Index real_rows(Eigen::Index p) const { return std::min(height, rows - p * height); }
  Eigen::Index filled_rows(Eigen::Index p) const { return fill(real_rows(p)); }
  Eigen::Index filled_rows() const { return fill(rows); }

  /// Calls body(from, count) for the runs of adjacent numbers in columns first .. last - 1 of panel p, in whole vectors:
  /// one run, or one per column if the panel is not full.
  template <class Body>
  void for_each_run_of(Eigen::Index p, Eigen::Index first, Eigen::Index last, const Body& body) const {
    const Eigen::Index filled = filled_rows(p), start = column(p, first) - data;
    const bool full = filled == height;
    const Eigen::Index runs = full ? 1 : last - first, count = full ? height * (last - first) : filled;
    for (Eigen::Index run = 0; run < runs; ++run) body(start + run * height, count);
  }
  /// Calls body(i) for the offset of every vector in them.
  template <class Body>
  void for_each_vector_of(Eigen::Index p, Eigen::Index first, Eigen::Index last, const Body& body) const {
    for_each_run_of(p, first, last, [&](Eigen::Index from, Eigen::Index count) {
      for (Eigen::Index i = from; i < from + count; i += Lanes<Scalar>::width) body(i);
    });
  }

  /// Columns first .. last - 1 from a column-major batch; the padding becomes zero.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index last) const {
    for (Eigen::Index p = 0; p < count(); ++p)
      for (Eigen::Index j = first; j < last; ++j) {
        const Scalar* const source = from + (j - first) * rows + p * height;
        if (real_rows(p) == height) {
          copy_column(source, column(p, j));
        } else {
          Scalar* const end = std::copy_n(source, real_rows(p), column(p, j));
          std::fill(end, column(p, j) + filled_rows(p), Scalar(0));
        }
      }
  }
  /// Writes the samples in columns first .. last - 1 to a column-major batch.
  void give(Scalar* to, Eigen::Index first, Eigen::Index last) const {
    for (Eigen::Index p = 0; p < count(); ++p)
      for (Eigen::Index j = first; j < last; ++j) {
        Scalar* const target = to + (j - first) * rows + p * height;
        if (real_rows(p) == height)
          copy_column(column(p, j), target);
        else
          std::copy_n(column(p, j), real_rows(p), target);
      }
  }
  /// Adds the samples in columns first .. last - 1 to a column-major batch.
  void add_to(Scalar* to, Eigen::Index first, Eigen::Index last) const {
    for (Eigen::Index p = 0; p < count(); ++p)
      for (Eigen::Index j = first; j < last; ++j)
        VectorMap<Scalar>(to + (j - first) * rows + p * height, real_rows(p)) +=
            ConstVectorMap<Scalar>(column(p, j), real_rows(p));
  }

  /// The panels as the left operand of a product, from column `first` on.
  LeftOperand<Scalar> as_left(Eigen::Index first = 0) const { return {data + first * height, stride()}; }

 private:
  static Eigen::Index fill(Eigen::Index rows) {
    constexpr Eigen::Index width = Lanes<Scalar>::width;
    return detail::piece_count(rows, width) * width;
  }
  // A height known at compile time: a few vector moves, no call.
  static void copy_column(const Scalar* from, Scalar* to) {
    detail::unroll<Block<Scalar>::packets>([&](auto i) {
      constexpr Eigen::Index width = Lanes<Scalar>::width;
      Lanes<Scalar>::load(from + i * width).store(to + i * width);
    });
  }
};

}  // namespace eigenflow::nets
