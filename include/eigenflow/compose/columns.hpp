#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/moving_rows.hpp"
#include "eigenflow/authoring/order.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// A layer on some of the features, in any order; the others pass unchanged, and so does the context:
///
///   map       z_I = f(x_I) for the features I = (i_0, i_1, ...),   z_j = x_j for all others
///   log-det   that of f
///   inverse   x_I = f⁻¹(z_I)
///
/// With all features it applies the layer to the features in another order.
template <class L, int Dim_ = Eigen::Dynamic>
class Columns {
  static_assert(Layer<L>,
                "Columns are made of a layer: this part lacks something that the concept Layer "
                "(concepts/layer.hpp) asks for");

 public:
  using Scalar = typename L::Scalar;
  using Indices = Dependent<List<Eigen::Index>, L>;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  struct Parameters {
    typename L::template Parameters<Visitor> layer;
  };

  /// `indices[k]` is the feature (of `dim`) that the layer gets as its feature k. Throws std::invalid_argument unless
  /// there is one index for each feature of the layer, from 0 to dim - 1, and none twice.
  constexpr Columns(Dimension<Dim_> dim, Indices indices, L layer)
      : dim_(dim), indices_(checked(dim, std::move(indices), layer.dim())), layer_(std::move(layer)) {}

  static std::string tag() { return "Columns"; }
  /// As "2 of 3 features".
  std::string describe() const {
    return std::to_string(indices_.size()) + " of " + std::to_string(dim()) + " features";
  }
  constexpr Eigen::Index dim() const { return dim_; }
  constexpr Eigen::Index context_dim() const { return eigenflow::context_dim(layer_); }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(layer_); }
  const Indices& indices() const { return indices_; }
  const L& layer() const { return layer_; }

  static Columns example(Eigen::Index dim, Eigen::Index context_dim) {
    return {dim, in_a_cycle(dim), example_of<L>(dim, context_dim)};
  }
  static constexpr auto structure() requires Structured<L> {
    return std::tuple(Option{"dim", &Columns::dim}, Constant{"indices", &Columns::indices},
                      Option{"layer", &Columns::layer});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("layer", self.layer_)};
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const { layer_.initialise(theta, rng); }

  /// Gives the layer the data of its own features.
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    KeptRows<Scalar> rows(tiles);
    start_and_move(theta, rows, direction);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    InnerRows<Scalar> picked(rows, [this](Tile<Scalar>& tile, const auto& use) {
      const ArenaScope scope(*tile.arena);
      Tile<Scalar> inner = tile.with_values(pick(tile.values, tile), tile.grad_values);
      use(inner);
      put(inner.values, tile.values);
    });
    start_from_data(layer_, theta, picked, direction);
  }

  auto forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_values(pick(tile.values, tile), tile.grad_values);
    const auto tape = layer_.forward(theta, inner);
    put(inner.values, tile.values);
    return tape;
  }
  auto inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_values(pick(tile.values, tile), tile.grad_values);
    const auto tape = layer_.inverse(theta, inner);
    put(inner.values, tile.values);
    return tape;
  }
  template <class Tape>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    Tile<Scalar> inner = with_cotangents(tile);
    layer_.forward_vjp(theta, grad, tape, inner);
    put(inner.grad_values, tile.grad_values);
  }
  template <class Tape>
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    Tile<Scalar> inner = with_cotangents(tile);
    layer_.inverse_vjp(theta, grad, tape, inner);
    put(inner.grad_values, tile.grad_values);
  }

 private:
  using Matrix = typename Tile<Scalar>::Matrix;

  static constexpr Indices checked(Eigen::Index dim, Indices indices, Eigen::Index inner) {
    if (static_cast<Eigen::Index>(indices.size()) != inner)
      detail::reject("Columns name " + std::to_string(indices.size()) + " features for a layer of " +
                     std::to_string(inner) + ": name as many as the layer has");
    for (std::size_t k = 0; k < indices.size(); ++k) {
      if (indices[k] < 0 || indices[k] >= dim)
        detail::reject("entry " + std::to_string(k) + " of Columns is feature " + std::to_string(indices[k]) +
                       ", but the features go from 0 to " + std::to_string(dim - 1));
      for (std::size_t i = 0; i < k; ++i)
        if (indices[i] == indices[k])
          detail::reject("entries " + std::to_string(i) + " and " + std::to_string(k) +
                         " of Columns are both feature " + std::to_string(indices[k]) +
                         ": name each feature once");
    }
    return indices;
  }

  Eigen::Index size() const { return static_cast<Eigen::Index>(indices_.size()); }
  Eigen::Index index(Eigen::Index k) const { return indices_[static_cast<std::size_t>(k)]; }
  bool side_by_side() const {
    for (Eigen::Index k = 1; k < size(); ++k)
      if (index(k) != index(0) + k) return false;
    return true;
  }

  // The layer's columns: in place if they are adjacent, else a copy that `put` writes back.
  Matrix pick(Matrix& from, const Tile<Scalar>& tile) const {
    if (side_by_side()) return Matrix(from.data() + index(0) * from.rows(), from.rows(), size());
    Matrix picked = tile.scratch(size());
    for (Eigen::Index k = 0; k < size(); ++k) picked.col(k) = from.col(index(k));
    return picked;
  }
  void put(const Matrix& picked, Matrix& to) const {
    if (side_by_side()) return;
    for (Eigen::Index k = 0; k < size(); ++k) to.col(index(k)) = picked.col(k);
  }

  // A vjp reads only the tape and the number of rows, not the values.
  Tile<Scalar> with_cotangents(Tile<Scalar>& tile) const {
    return tile.with_values(Matrix(tile.values.data(), tile.rows(), size()), pick(tile.grad_values, tile));
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Indices indices_;
  L layer_;
};

/// CTAD for Columns(3, {0, 2}, layer).
template <Layer L>
Columns(Eigen::Index, List<Eigen::Index>, L) -> Columns<L>;

}  // namespace eigenflow
