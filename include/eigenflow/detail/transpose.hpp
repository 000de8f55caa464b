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

/// The transpose of a batch of panels: for each sample its K features, contiguous, filled up to a whole
/// vector.
template <class Scalar>
struct Transposed {
  Scalar* data;
  Eigen::Index stride;

  Transposed(const Panels<Scalar>& x, Arena& arena) : stride((x.cols + width - 1) / width * width) {
    data = arena.allocate<Scalar>(static_cast<std::size_t>(x.count() * Panels<Scalar>::height * stride));
    for (Eigen::Index p = 0; p < x.count(); ++p)
      for (Eigen::Index n = 0; n < x.filled_rows(p); n += width)
        for (Eigen::Index j = 0; j < x.cols; j += width)
          square(x.column(p, j) + n, std::min(width, x.cols - j),
                 data + (p * Panels<Scalar>::height + n) * stride + j);
  }

 private:
  static constexpr Eigen::Index width = Lanes<Scalar>::width;

  // `width` rows of `columns` columns, Panels::height apart; missing columns become zero.
  void square(const Scalar* from, Eigen::Index columns, Scalar* to) const {
    if constexpr (width == 1) {
      *to = *from;
    } else {
      using Packet = typename Lanes<Scalar>::Packet;
      Eigen::internal::PacketBlock<Packet, static_cast<int>(width)> block;
      for (Eigen::Index j = 0; j < width; ++j)
        block.packet[j] = j < columns ? Eigen::internal::ploadu<Packet>(from + j * Panels<Scalar>::height)
                                      : Eigen::internal::pset1<Packet>(Scalar(0));
      Eigen::internal::ptranspose(block);
      for (Eigen::Index i = 0; i < width; ++i) Eigen::internal::pstoreu(to + i * stride, block.packet[i]);
    }
  }
};

}  // namespace eigenflow::detail

#pragma GCC diagnostic pop
