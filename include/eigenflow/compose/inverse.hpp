#pragma once

#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"

namespace eigenflow {

/// The same bijection with its two directions swapped.
template <class L>
class Inverse {
  static_assert(Layer<L>,
                "an Inverse is made of a layer: this part lacks something that the concept Layer "
                "(concepts/layer.hpp) asks for");

 public:
  using Scalar = typename L::Scalar;
  static constexpr int static_dim = L::static_dim;
  template <class Visitor>
  struct Parameters {
    typename L::template Parameters<Visitor> inverse;
  };

  Inverse() = default;
  constexpr explicit Inverse(L layer) : layer_(std::move(layer)) {}

  static std::string tag() { return "Inverse"; }
  constexpr Eigen::Index dim() const { return layer_.dim(); }
  constexpr Eigen::Index context_dim() const { return eigenflow::context_dim(layer_); }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(layer_); }
  const L& layer() const { return layer_; }

  static Inverse example(Eigen::Index dim, Eigen::Index context_dim) {
    return Inverse(example_of<L>(dim, context_dim));
  }
  static constexpr auto structure() requires Structured<L> {
    return std::tuple(Option{"inverse", &Inverse::layer});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("inverse", self.layer_)};
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const { layer_.initialise(theta, rng); }

  /// Data that enters this layer's forward enters the inner layer's inverse.
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    start_from_data(layer_, theta, tiles, opposite(direction));
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    start_from_data(layer_, theta, rows, opposite(direction));
  }

  auto forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return layer_.inverse(theta, tile);
  }
  auto inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return layer_.forward(theta, tile);
  }
  template <class Tape>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    layer_.inverse_vjp(theta, grad, tape, tile);
  }
  template <class Tape>
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    layer_.forward_vjp(theta, grad, tape, tile);
  }

 private:
  L layer_;
};

/// The inverse of any layer, also of an Inverse (`Inverse{layer}` would copy it instead).
template <class L>
Inverse<L> inverse(L layer) {
  return Inverse<L>(std::move(layer));
}

}  // namespace eigenflow
