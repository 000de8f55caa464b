#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/moving_rows.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// A layer on the first d features of D; the others pass unchanged, and so does the context:
///
///   map       z_<d = f(x_<d),   z_j = x_j for j ≥ d
///   log-det   that of f
///   inverse   x_<d = f⁻¹(z_<d)
///
/// The features of a tile are contiguous, so nothing is copied. A Stack of Fronts of falling d is a multi-scale flow: the
/// features that a level leaves out are finished (Dinh et al., arXiv:1605.08803, section 3.6). All levels have one type.
template <class L, int Dim_ = Eigen::Dynamic>
class Front {
  static_assert(Layer<L>,
                "a Front is made of a layer: this part lacks something that the concept Layer "
                "(concepts/layer.hpp) asks for");

 public:
  using Scalar = typename L::Scalar;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  struct Parameters {
    typename L::template Parameters<Visitor> layer;
  };

  /// The first features of `dim`, as many as the layer has. Throws std::invalid_argument if the layer has more.
  constexpr Front(Dimension<Dim_> dim, L layer) : dim_(checked(dim, layer.dim())), layer_(std::move(layer)) {}

  static std::string tag() { return "Front"; }
  /// As "2 of 3 features".
  std::string describe() const {
    return std::to_string(layer_.dim()) + " of " + std::to_string(dim()) + " features";
  }
  constexpr Eigen::Index dim() const { return dim_; }
  constexpr Eigen::Index context_dim() const { return eigenflow::context_dim(layer_); }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(layer_); }
  const L& layer() const { return layer_; }

  static Front example(Eigen::Index dim, Eigen::Index context_dim) {
    return {dim, example_of<L>((dim + 1) / 2, context_dim)};
  }
  static constexpr auto structure() requires Structured<L> {
    return std::tuple(Option{"dim", &Front::dim}, Option{"layer", &Front::layer});
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
    InnerRows<Scalar> own(rows, [this](Tile<Scalar>& tile, const auto& use) {
      Tile<Scalar> inner = tile.with_values(front(tile.values), tile.grad_values);
      use(inner);
    });
    start_from_data(layer_, theta, own, direction);
  }

  auto forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_values(front(tile.values), tile.grad_values);
    return layer_.forward(theta, inner);
  }
  auto inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_values(front(tile.values), tile.grad_values);
    return layer_.inverse(theta, inner);
  }
  template <class Tape>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_values(front(tile.values), front(tile.grad_values));
    layer_.forward_vjp(theta, grad, tape, inner);
  }
  template <class Tape>
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_values(front(tile.values), front(tile.grad_values));
    layer_.inverse_vjp(theta, grad, tape, inner);
  }

 private:
  using Matrix = typename Tile<Scalar>::Matrix;

  static constexpr Dimension<Dim_> checked(Dimension<Dim_> dim, Eigen::Index inner) {
    if (inner > dim)
      detail::reject("a Front of " + std::to_string(Eigen::Index(dim)) + " features cannot hold a layer of " +
                     std::to_string(inner) + ": give it as many features as the layer has, or more");
    return dim;
  }

  Matrix front(Matrix& all) const { return Matrix(all.data(), all.rows(), layer_.dim()); }

  [[no_unique_address]] Dimension<Dim_> dim_;
  L layer_;
};

/// CTAD for Front(3, layer).
template <Layer L>
Front(Eigen::Index, L) -> Front<L>;

}  // namespace eigenflow
