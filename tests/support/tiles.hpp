#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/concepts/layer.hpp"

namespace support {

/// The rows of x in tiles of `height`; x must outlive the source.
template <class Scalar>
eigenflow::TileSource<Scalar> tiles_of(const Eigen::Matrix<Scalar, -1, -1>& x, Eigen::Index height) {
  return [&x, height](const std::function<void(eigenflow::Tile<Scalar>&)>& visit) {
    eigenflow::Arena arena;
    for (Eigen::Index first = 0; first < x.rows(); first += height) {
      const eigenflow::ArenaScope scope(arena);
      auto tile =
          eigenflow::Tile<Scalar>::allocate(arena, std::min(height, x.rows() - first), x.cols(), false);
      tile.values = x.middleRows(first, tile.rows());
      tile.log_det.setZero();
      visit(tile);
    }
  };
}

}  // namespace support
