#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/arena.hpp"
#include "eigenflow/detail/micro_kernel.hpp"
#include "eigenflow/lanes.hpp"
#include "eigenflow/tile.hpp"

namespace eigenflow::detail {

/// A batch inside a network: N × M numbers in panels of a few vectors of rows, each panel column-major and
/// contiguous, so that a product streams through it without packing and its columns never compete for the
/// same cache lines; one line lies between panels, so that equal columns of them do not either. The last
/// panel is filled up to a whole vector; its extra rows are zero in inputs and cotangents, and finite
/// everywhere.
template <class Scalar>
struct Panels {
  static constexpr Eigen::Index height = Block<Scalar>::rows;

  Scalar* data;
  Eigen::Index rows;
  Eigen::Index cols;

  static Panels allocate(Arena& arena, Eigen::Index rows, Eigen::Index cols) {
    const Eigen::Index panels = (rows + height - 1) / height;
    return {arena.allocate<Scalar>(static_cast<std::size_t>(panels * stride_of(cols))), rows, cols};
  }

  Eigen::Index count() const { return (rows + height - 1) / height; }
  Eigen::Index stride() const { return stride_of(cols); }  // from one panel to the next
  Scalar* panel(Eigen::Index p) const { return data + p * stride(); }
  Scalar* column(Eigen::Index p, Eigen::Index j) const { return panel(p) + j * height; }
  /// Rows of panel p that hold samples, and those with the filling.
  Eigen::Index real_rows(Eigen::Index p) const { return std::min(height, rows - p * height); }
  Eigen::Index filled_rows(Eigen::Index p) const { return fill(real_rows(p)); }
  Eigen::Index filled_rows() const { return fill(rows); }

  /// Calls body(i) for the place of every vector of panel p.
  template <class Body>
  void for_each_vector_of(Eigen::Index p, const Body& body) const {
    constexpr Eigen::Index width = Lanes<Scalar>::width;
    const Eigen::Index filled = filled_rows(p), first = p * stride();
    if (filled == height) {
      for (Eigen::Index i = 0; i < height * cols; i += width) body(first + i);
    } else {
      for (Eigen::Index j = 0; j < cols; ++j)
        for (Eigen::Index i = 0; i < filled; i += width) body(first + j * height + i);
    }
  }

  /// Takes a column-major batch; the filling becomes zero.
  void take(const ConstMatrixMap<Scalar>& from) const {
    for (Eigen::Index p = 0; p < count(); ++p)
      for (Eigen::Index j = 0; j < cols; ++j) {
        const Scalar* const source = from.col(j).data() + p * height;
        if (real_rows(p) == height) {
          copy_column(source, column(p, j));
        } else {
          Scalar* const end = std::copy_n(source, real_rows(p), column(p, j));
          std::fill(end, column(p, j) + filled_rows(p), Scalar(0));
        }
      }
  }
  /// Gives the samples to a column-major batch.
  void give(MatrixMap<Scalar>& to) const {
    for (Eigen::Index p = 0; p < count(); ++p)
      for (Eigen::Index j = 0; j < cols; ++j) {
        Scalar* const target = to.col(j).data() + p * height;
        if (real_rows(p) == height)
          copy_column(column(p, j), target);
        else
          std::copy_n(column(p, j), real_rows(p), target);
      }
  }
  /// Adds the samples to a column-major batch.
  void add_to(MatrixMap<Scalar>& to) const {
    for (Eigen::Index p = 0; p < count(); ++p)
      for (Eigen::Index j = 0; j < cols; ++j)
        to.col(j).segment(p * height, real_rows(p)) += ConstVectorMap<Scalar>(column(p, j), real_rows(p));
  }

  LeftOperand<Scalar> as_left() const { return {data, stride()}; }

 private:
  static constexpr Eigen::Index stride_of(Eigen::Index cols) {
    constexpr auto line = static_cast<Eigen::Index>(Arena::alignment / sizeof(Scalar));
    return height * cols + line;
  }
  static Eigen::Index fill(Eigen::Index rows) {
    constexpr Eigen::Index width = Lanes<Scalar>::width;
    return (rows + width - 1) / width * width;
  }
  // A height that the compiler knows: a few vector moves instead of a call.
  static void copy_column(const Scalar* from, Scalar* to) {
    unroll<Block<Scalar>::packets>([&](auto i) {
      constexpr Eigen::Index width = Lanes<Scalar>::width;
      Lanes<Scalar>::load(from + i * width).store(to + i * width);
    });
  }
};

}  // namespace eigenflow::detail
