#pragma once

#include <Eigen/Core>
#include <optional>
#include <type_traits>

#include "eigenflow/authoring/context.hpp"
#include "eigenflow/authoring/dequantization.hpp"
#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/authoring/spoil.hpp"
#include "eigenflow/authoring/tile.hpp"

namespace eigenflow {

/// The samples of a loss: rows of a data set, all of them or those of a list, each with a weight and, for a conditional
/// density, a context.
template <class Scalar>
struct Batch {
  Rows<const Scalar> data;                    ///< N × D, the whole set, in the user's memory
  const Eigen::Index* order = nullptr;        ///< which rows; null: all, in order
  Eigen::Index size = 0;                      ///< how many
  const Scalar* weights = nullptr;            ///< one for each row of `data`; null: all one
  Rows<const Scalar> context{};               ///< N × C: one row for each row of `data`; C = 0: no context
  std::optional<TrainingStep> training = {};  ///< set only in training: networks use dropout
  Dequantization noise = {};                  ///< added to the samples

  /// All rows of a matrix, map or block, which must outlive the batch.
  template <class X>
  static Batch all(const Eigen::DenseBase<X>& x, const Scalar* weights = nullptr) {
    static_assert(HasMemory<X>, "a batch refers to rows in memory: evaluate the expression first");
    static_assert(std::is_same_v<typename X::Scalar, Scalar>,
                  "this matrix has another scalar type than the batch");
    return all(rows_of<const Scalar>(x.derived()), weights);
  }
  static Batch all(const Rows<const Scalar>& data, const Scalar* weights = nullptr) {
    return {data, nullptr, data.rows, weights, {nullptr, data.rows, 0, 0, 0}};
  }
  /// All rows with the context of each, N × C.
  template <class X, class C>
  static Batch all(const Eigen::DenseBase<X>& x, const Eigen::DenseBase<C>& c,
                   const Scalar* weights = nullptr) {
    static_assert(HasMemory<C>, "a batch refers to rows in memory: evaluate the context first");
    static_assert(std::is_same_v<typename C::Scalar, Scalar>,
                  "this context has another scalar type than the batch");
    Batch batch = all(x, weights);
    batch.context = rows_of<const Scalar>(c.derived());
    return batch;
  }

  Eigen::Index row(Eigen::Index i) const { return order ? order[i] : i; }
  Scalar weight(Eigen::Index i) const { return weights ? weights[row(i)] : Scalar(1); }

  /// Copies samples first, first + 1, ... into the tile, and gives it their context.
  void gather(Eigen::Index first, Tile<Scalar>& tile) const {
    gather(data, first, tile.values);
    noise.add_to(tile.values, [&](Eigen::Index i) { return row(first + i); });
    if (context.cols == 0) return;
    gather(context, first, tile.attach_context(context.cols));
    detail::spoil_without_context(tile);
  }

 private:
  using Columns = typename Tile<Scalar>::Matrix;
  void gather(const Rows<const Scalar>& from, Eigen::Index first, Columns to) const {
    if (!order) {
      to = from.middle(first, to.rows());
      return;
    }
    for (Eigen::Index j = 0; j < to.cols(); ++j) {
      Scalar* const column = to.col(j).data();
      for (Eigen::Index i = 0; i < to.rows(); ++i) column[i] = from(order[first + i], j);
    }
  }
};

}  // namespace eigenflow
