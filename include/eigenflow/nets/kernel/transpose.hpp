#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/micro_kernel.hpp"
#include "eigenflow/nets/kernel/panels.hpp"
#include "eigenflow/numerics/piece_count.hpp"

// g++ warns that a vector type loses its alignment attribute as a template argument; Eigen's blocks align
// themselves.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"

namespace eigenflow::nets {

/// A square of `width` rows by the first `columns` of as many columns, `from_stride` apart, written as rows
/// `to_stride` apart; columns that are missing become zero.
template <class Scalar>
void transpose_square(const Scalar* from, Eigen::Index from_stride, Eigen::Index columns, Scalar* to,
                      Eigen::Index to_stride) {
  constexpr Eigen::Index width = Lanes<Scalar>::width;
  if constexpr (width == 1) {
    *to = *from;
  } else {
    using Packet = typename Lanes<Scalar>::Packet;
    Eigen::internal::PacketBlock<Packet, static_cast<int>(width)> block;
    for (Eigen::Index j = 0; j < width; ++j)
      block.packet[j] = j < columns ? Eigen::internal::ploadu<Packet>(from + j * from_stride)
                                    : Eigen::internal::pset1<Packet>(Scalar(0));
    Eigen::internal::ptranspose(block);
    for (Eigen::Index i = 0; i < width; ++i) Eigen::internal::pstoreu(to + i * to_stride, block.packet[i]);
  }
}

/// to (cols × rows, contiguous) = fromᵀ, both column-major; the columns of `from` are `stride` apart.
template <class Scalar>
void transpose(const Scalar* from, Eigen::Index stride, Eigen::Index rows, Eigen::Index cols, Scalar* to) {
  constexpr Eigen::Index width = Lanes<Scalar>::width;
  const Eigen::Index even_rows = rows / width * width, even_cols = cols / width * width;
  for (Eigen::Index j = 0; j < even_cols; j += width)
    for (Eigen::Index i = 0; i < even_rows; i += width)
      transpose_square(from + j * stride + i, stride, width, to + i * cols + j, cols);
  for (Eigen::Index j = 0; j < cols; ++j)
    for (Eigen::Index i = j < even_cols ? even_rows : 0; i < rows; ++i)
      to[i * cols + j] = from[j * stride + i];
}

/// The transpose of columns first .. last - 1 of a batch of panels: panels of features, each with Block::rows
/// of them contiguous for every sample. The last panel is padded with zeros to a whole vector.
template <class Scalar>
struct Transposed {
  static constexpr Eigen::Index height = Block<Scalar>::rows;

  Scalar* data;
  Eigen::Index depth;  ///< samples, with the padding

  Transposed(const Panels<Scalar>& x, Eigen::Index first, Eigen::Index last, Arena& arena)
      : depth(x.filled_rows()) {
    constexpr Eigen::Index width = Lanes<Scalar>::width;
    const Eigen::Index features = last - first, panels = detail::piece_count(features, height);
    data = arena.allocate<Scalar>(static_cast<std::size_t>(panels * height * depth));
    for (Eigen::Index p = 0; p < x.count(); ++p)
      for (Eigen::Index j = 0; j < features; j += width)
        for (Eigen::Index n = 0; n < x.filled_rows(p); n += width)
          transpose_square(x.column(p, first + j) + n, height, std::min(width, features - j),
                           data + (j / height * depth + p * height + n) * height + j % height, height);
  }

  LeftOperand<Scalar> as_left() const { return {data, height * depth}; }
};

}  // namespace eigenflow::nets

#pragma GCC diagnostic pop
