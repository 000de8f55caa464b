#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>
#include <string>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/moving_rows.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/direction.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// A layer: a bijection of R^D with its log-det and its gradients, both ways.
///
/// It is a small value. Its trainable numbers are in theta: every call gets the segment of the layer, so that a layer
/// can be copied and shared between threads. `forward` is the normalizing direction (data x → latent z), `inverse`
/// the generating one. Each adds its own log|det ∂output/∂input| to `tile.log_det`, and works in place on
/// `tile.values`, N × D.
///
/// It is a bijection for every theta whose numbers are at most 10⁶ in size, which is what the tests cover in float and
/// in double. Larger ones may overflow in a network.
template <class L>
concept Layer = std::copyable<L> &&
    requires(const L& layer, std::span<const typename L::Scalar> theta, std::span<typename L::Scalar> out,
             Tile<typename L::Scalar>& tile, CountParameters& visitor, Rng& rng) {
  typename L::Scalar;                                    // float, double or long double
  { L::static_dim } -> std::convertible_to<int>;         // D, or Eigen::Dynamic
  { layer.dim() } -> std::convertible_to<Eigen::Index>;  // D

  typename L::template Parameters<CountParameters>;  // the result of its layout
  L::layout(layer, visitor);                         // its parameters, see authoring/layout.hpp
  layer.initialise(out, rng);  // write the initial theta; the layer should be (near) the identity

  // The two directions. Each returns a tape with the values that its vjp needs: a small value whose arrays are in
  // tile.arena. If tile.record is false, no vjp follows and the tape may be empty.
  { layer.forward(theta, tile) } -> TapeValue;
  { layer.inverse(theta, tile) } -> TapeValue;

  // Their vector-Jacobian products: replace tile.grad_values (∂loss/∂output) by ∂loss/∂input, with
  // ∂loss/∂log_det in tile.grad_log_det, and add ∂loss/∂theta to `out`, exactly once per entry and
  // as a finished sum: a product added in place may be fused and round differently. If `out` is empty, there is
  // no gradient in theta. Order: theta, gradient, tape, tile.
  layer.forward_vjp(theta, out, layer.forward(theta, tile), tile);
  layer.inverse_vjp(theta, out, layer.inverse(theta, tile), tile);
};

// Optional members of a layer:
//   context_dim()                    columns of tile.context that it reads (default 0)
//   rows_together()                  the most rows of a tile (default 256), for a layer whose activations are large: a
//                                    function of its structure. A flow takes the least of its parts, for batches in
//                                    training too
//   initialise_from(theta, tiles, direction)   sets constants from the data that enters `direction`, once
//                                    (ActNorm, Standardize), or checks it (Support)
//   start_and_move(theta, rows, direction)   the same for a layer made of layers: each gets the rows where they are, and
//                                    moves them on (authoring/moving_rows.hpp)
//   static tag()                     its key in model files
//   static name()                    its name in the printed architecture (default: the tag, or "Layer")
//   describe()                       the text in brackets after the name: "1 of 2 features, 64 × 64, relu"

/// Gives the data that enters `direction` to a layer that starts from data. Does nothing for other layers.
template <class L, class Scalar>
void start_from_data(L& layer, std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                     Direction direction) {
  if constexpr (requires { layer.initialise_from(theta, tiles, direction); })
    layer.initialise_from(theta, tiles, direction);
  else
    static_assert(
        !requires { &L::initialise_from; },
        "a layer's initialise_from takes (theta, tiles, direction): the direction is the one that the "
        "data enters");
}

/// The same for a layer that others follow: the rows go on, through this layer.
template <class L, class Scalar>
void start_from_data(L& layer, std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
  if constexpr (requires { layer.start_and_move(theta, rows, direction); }) {
    layer.start_and_move(theta, rows, direction);
  } else {
    start_from_data(layer, theta, rows.tiles(), direction);
    rows.move([&layer, theta, direction](Tile<Scalar>& tile) {
      if (direction == Direction::forward)
        layer.forward(theta, tile);
      else
        layer.inverse(theta, tile);
    });
  }
}

namespace detail {

/// The columns of context that the parts of a whole read: parts that read a context must read the same number.
constexpr Eigen::Index common_context(const char* whole, Eigen::Index some, Eigen::Index others) {
  if (some > 0 && others > 0 && some != others)
    reject("the parts of a " + std::string(whole) + " must read the same context, but one reads " +
           std::to_string(some) + " columns and another " + std::to_string(others) +
           ": give all of them one context_dim");
  return some > 0 ? some : others;
}

}  // namespace detail

}  // namespace eigenflow
