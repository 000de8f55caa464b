#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>
#include <utility>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// Returned by a base without a tape.
struct NoTape {};

namespace detail {

template <class B>
concept LogProbWithoutTape = requires(const B& base, std::span<const typename B::Scalar> theta,
                                      std::span<typename B::Scalar> out, Tile<typename B::Scalar>& tile) {
  { base.log_prob(theta, tile) } -> std::same_as<void>;
  base.log_prob_vjp(theta, out, tile);
};
template <class B>
concept LogProbWithTape = requires(const B& base, std::span<const typename B::Scalar> theta,
                                   std::span<typename B::Scalar> out, Tile<typename B::Scalar>& tile) {
  { base.log_prob(theta, tile) } -> TapeValue;
  base.log_prob_vjp(theta, out, base.log_prob(theta, tile), tile);
};

}  // namespace detail

/// A base: the latent density p_Z at the end of the chain, with or without parameters (theta's last segment). A
/// flow can be a base too: see TransformedBase.
template <class B>
concept Base = std::copyable<B> &&
    (detail::LogProbWithoutTape<B> ||
     detail::LogProbWithTape<B>)&&requires(const B& base, std::span<const typename B::Scalar> theta,
                                           std::span<typename B::Scalar> out, Tile<typename B::Scalar>& tile,
                                           CountParameters& visitor, Rng& rng, Eigen::Index first_row) {
  typename B::Scalar;
  { B::static_dim } -> std::convertible_to<int>;
  { base.dim() } -> std::convertible_to<Eigen::Index>;

  B::layout(base, visitor);   // what it has, see authoring/layout.hpp
  base.initialise(out, rng);  // write the initial theta

  // log_prob(theta, tile)           adds log p_Z(z) of each row of tile.values to tile.log_det, which then is
  //                                 log p(x); leaves tile.values unchanged
  // log_prob_vjp(theta, out, tile)  replaces tile.grad_values by grad_log_det · ∂log p_Z/∂z and adds ∂loss/∂theta
  //                                 to `out` (unless empty)
  // A base that must keep values for its gradient returns a tape from log_prob, as a layer does, and gets it
  // in log_prob_vjp(theta, out, tape, tile).

  // Fills tile.values with rows first_row, first_row + 1, ... of the sample of `rng`: a row depends only
  // on rng and its number, so that the sample does not depend on the tiles. Leaves tile.log_det unchanged.
  base.sample(theta, Rng(rng), first_row, tile);
};

// What a base may have beyond that:
//   context_dim()    columns of tile.context that all three functions read (default 0); log_prob_vjp adds
//                    ∂loss/∂context to tile.grad_context
//   rows_together()  the most rows of a tile, as for layers
//   initialise_from(theta, tiles)  writes an initial theta from the data that reach the base, unless theta was trained
//   sample_vjp(...)  the gradient of a loss over its samples: see Reparametrised
//   sample(theta, rng, first_row, tile, temperature)  a sample whose normal noise is multiplied by the temperature; a base
//                    made of bases has has_temperature(), true if all of them do this

/// A base that starts from data.
template <class B>
concept StartsFromData = Base<B> &&
    requires(B& base, std::span<typename B::Scalar> theta, const TileSource<typename B::Scalar>& tiles) {
  base.initialise_from(theta, tiles);
};
/// The same for a part to decide by: rejects a base whose initialise_from has other arguments.
template <Base B>
constexpr bool starts_from_data() {
  static_assert(
      StartsFromData<B> || !requires { &B::initialise_from; },
      "a base's initialise_from takes (theta, tiles)");
  return StartsFromData<B>;
}

/// Whether samples of the base can have a temperature.
template <Base B>
constexpr bool has_temperature(const B& base) {
  if constexpr (requires { base.has_temperature(); })
    return base.has_temperature();
  else
    return requires(std::span<const typename B::Scalar> theta, Tile<typename B::Scalar> & tile) {
      base.sample(theta, Rng(0), 0, tile, typename B::Scalar(1));
    };
}
/// A sample at a temperature, where the base has one.
template <Base B>
void sample_at(typename B::Scalar temperature, const B& base, std::span<const typename B::Scalar> theta,
               const Rng& rng, Eigen::Index first_row, Tile<typename B::Scalar>& tile) {
  if constexpr (requires { base.sample(theta, rng, first_row, tile, temperature); })
    base.sample(theta, rng, first_row, tile, temperature);
  else
    base.sample(theta, rng, first_row, tile);
}

/// A base without parameters.
template <class B>
concept Parameterless =
    std::same_as<decltype(B::layout(std::declval<const B&>(), std::declval<CountParameters&>())),
                 NoParameters<CountParameters>>;

/// A base whose samples are a smooth function of its parameters (Kingma & Welling, arXiv:1312.6114, section
/// 2.4), so that a loss over its samples has a gradient in them. ReverseKl requires it. A base without parameters
/// satisfies it.
template <class B>
concept Reparametrised = Base<B> &&
    (Parameterless<B> ||
     requires(const B& base, std::span<const typename B::Scalar> theta, std::span<typename B::Scalar> out,
              Tile<typename B::Scalar>& tile, Rng& rng, Eigen::Index first_row) {
       // Adds ∂loss/∂theta to `out`, through the rows that sample(theta, rng, first_row, tile) gave, with
       // ∂loss/∂z in tile.grad_values.
       base.sample_vjp(theta, out, Rng(rng), first_row, tile);
     });

/// Adds log p_Z(z) to tile.log_det. Returns the tape of the base, or NoTape.
template <Base B>
auto add_log_prob(const B& base, std::span<const typename B::Scalar> theta, Tile<typename B::Scalar>& tile) {
  if constexpr (detail::LogProbWithTape<B>) {
    return base.log_prob(theta, tile);
  } else {
    base.log_prob(theta, tile);
    return NoTape{};
  }
}
/// Its gradient: replaces tile.grad_values and adds to `grad`, from the tape that add_log_prob returned.
template <Base B, class Tape>
void pull_back_log_prob(const B& base, std::span<const typename B::Scalar> theta,
                        std::span<typename B::Scalar> grad, const Tape& tape,
                        Tile<typename B::Scalar>& tile) {
  if constexpr (detail::LogProbWithTape<B>)
    base.log_prob_vjp(theta, grad, tape, tile);
  else
    base.log_prob_vjp(theta, grad, tile);
}

}  // namespace eigenflow
