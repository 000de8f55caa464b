#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "eigenflow/detail/rows.hpp"
#include "eigenflow/tile.hpp"

namespace eigenflow {

/// The samples that a loss is taken over: rows of a data
/// set, all of them or those of a list, each with a weight.
template <class Scalar>
struct Batch {
  detail::Rows<const Scalar> data;      ///< N × D, the whole set, where the user has it
  const Eigen::Index* order = nullptr;  ///< which rows; all of them, in order, when null
  Eigen::Index size = 0;                ///< how many
  const Scalar* weights = nullptr;      ///< one for each row of `data`; all one when null

  /// All rows of a matrix, map or block, which must outlive the batch.
  template <class X>
  static Batch all(const Eigen::DenseBase<X>& x, const Scalar* weights = nullptr) {
    static_assert(detail::has_memory<X>, "a batch refers to rows in memory: evaluate the expression first");
    static_assert(std::is_same_v<typename X::Scalar, Scalar>,
                  "this matrix has another scalar type than the batch");
    return all(detail::rows_of<const Scalar>(x.derived()), weights);
  }
  static Batch all(const detail::Rows<const Scalar>& data, const Scalar* weights = nullptr) {
    return {data, nullptr, data.rows, weights};
  }

  Eigen::Index row(Eigen::Index i) const { return order ? order[i] : i; }
  Scalar weight(Eigen::Index i) const { return weights ? weights[row(i)] : Scalar(1); }

  /// Copies samples first, first + 1, ... into the tile.
  void gather(Eigen::Index first, Tile<Scalar>& tile) const {
    if (!order) {
      tile.values = data.middle(first, tile.rows());
      return;
    }
    for (Eigen::Index j = 0; j < tile.cols(); ++j) {
      Scalar* const column = tile.values.col(j).data();
      for (Eigen::Index i = 0; i < tile.rows(); ++i) column[i] = data(order[first + i], j);
    }
  }
};

}  // namespace eigenflow
