#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "eigenflow/detail/panels.hpp"
#include "eigenflow/lanes.hpp"

// g++ warns that a vector type loses its alignment attribute as a template argument; Eigen's blocks align
// themselves.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"

namespace eigenflow::detail {

/// The transpose of a batch of panels, N × K: panels of features, each with Block::rows of them contiguous
/// for every sample. The last panel is filled with zeros up to a whole vector.
template <class Scalar>
struct Transposed {
  static constexpr Eigen::Index height = Block<Scalar>::rows;

  Scalar* data;

  Transposed(const Panels<Scalar>& x, Arena& arena) {
    const Eigen::Index panels = (x.cols + height - 1) / height, depth = x.filled_rows();
    data = arena.allocate<Scalar>(static_cast<std::size_t>(panels * height * depth));
    for (Eigen::Index p = 0; p < x.count(); ++p)
      for (Eigen::Index j = 0; j < x.cols; j += width)
        for (Eigen::Index n = 0; n < x.filled_rows(p); n += width)
          square(x.column(p, j) + n, std::min(width, x.cols - j),
                 data + (j / height * depth + p * height + n) * height + j % height);
  }

 private:
  static constexpr Eigen::Index width = Lanes<Scalar>::width;

  // `width` rows of `columns` columns, `height` apart; missing columns become zero.
  static void square(const Scalar* from, Eigen::Index columns, Scalar* to) {
    if constexpr (width == 1) {
      *to = *from;
    } else {
      using Packet = typename Lanes<Scalar>::Packet;
      Eigen::internal::PacketBlock<Packet, static_cast<int>(width)> block;
      for (Eigen::Index j = 0; j < width; ++j)
        block.packet[j] = j < columns ? Eigen::internal::ploadu<Packet>(from + j * height)
                                      : Eigen::internal::pset1<Packet>(Scalar(0));
      Eigen::internal::ptranspose(block);
      for (Eigen::Index i = 0; i < width; ++i) Eigen::internal::pstoreu(to + i * height, block.packet[i]);
    }
  }
};

}  // namespace eigenflow::detail

#pragma GCC diagnostic pop
