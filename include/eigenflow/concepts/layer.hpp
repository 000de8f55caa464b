#pragma once

#include <Eigen/Core>
#include <concepts>
#include <functional>
#include <span>
#include <string>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/direction.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// A layer: a bijection of R^D with its log-det and its gradients, both ways.
///
/// It is a small value: its trainable numbers live in theta, of which it is handed its segment, so that it
/// can be copied, shared between threads and differentiated without knowing who owns what. `forward` is the
/// normalizing direction (data x → latent z), `inverse` the generating one; `tile.log_det` always gains
/// log|det ∂output/∂input| of the direction just evaluated. All verbs work in place on `tile.values`, N × D.
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

  typename L::template Parameters<CountParameters>;  // what its layout gives to a visitor
  L::layout(layer, visitor);                         // what it has, see authoring/layout.hpp
  layer.initialise(out, rng);  // write the initial theta; the layer should be (near) the identity

  // The two directions. Each returns a tape: what its vjp needs, a small value whose arrays lie in tile.arena.
  // When tile.record is false no vjp follows and the tape may be left empty.
  { layer.forward(theta, tile) } -> TapeValue;
  { layer.inverse(theta, tile) } -> TapeValue;

  // Their vector-Jacobian products: replace tile.grad_values (∂loss/∂output) by ∂loss/∂input, with
  // ∂loss/∂log_det in tile.grad_log_det, and add ∂loss/∂theta to `out`, exactly once an entry: a
  // finished sum, since a product added in place may be fused and round differently. An empty `out`
  // asks for no theta gradient. Order: theta, gradient, tape, tile.
  layer.forward_vjp(theta, out, layer.forward(theta, tile), tile);
  layer.inverse_vjp(theta, out, layer.inverse(theta, tile), tile);
};

// What a layer may have beyond that:
//   context_dim()                    columns of tile.context that it reads (0 when absent)
//   initialise_from(theta, tiles, direction)   a start from the data that enters `direction`, once (ActNorm,
//                                    Standardize), or a look at it (Support); see start_from_data
//   static tag()                     its key in model files
//   static name()                    its label in the printed architecture (the tag when absent, or "Layer")
//   describe()                       what stands in brackets after the name: "1 of 2 features, 64 × 64, relu"

/// Calls its argument on every tile of a data set, in order: what a data-dependent start may look at.
template <class Scalar>
using TileSource = std::function<void(const std::function<void(Tile<Scalar>&)>&)>;

/// Hands the data that enters `direction` to a layer that starts from data; nothing for other layers.
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

namespace detail {

/// The columns of context that parts read which are joined: all the same number, or none.
constexpr Eigen::Index common_context(const char* whole, Eigen::Index some, Eigen::Index others) {
  if (some > 0 && others > 0 && some != others)
    reject("the parts of a " + std::string(whole) + " must read the same context, but one reads " +
           std::to_string(some) + " columns and another " + std::to_string(others) +
           ": give all of them one context_dim");
  return some > 0 ? some : others;
}

}  // namespace detail

}  // namespace eigenflow
