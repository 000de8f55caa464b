#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>
#include <utility>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// A base: the latent density p_Z at the end of the chain, with or without parameters (theta's last segment).
template <class B>
concept Base = std::copyable<B> &&
    requires(const B& base, std::span<const typename B::Scalar> theta, std::span<typename B::Scalar> out,
             Tile<typename B::Scalar>& tile, CountParameters& visitor, Rng& rng, Eigen::Index first_row) {
  typename B::Scalar;
  { B::static_dim } -> std::convertible_to<int>;
  { base.dim() } -> std::convertible_to<Eigen::Index>;

  B::layout(base, visitor);   // what it has, see authoring/layout.hpp
  base.initialise(out, rng);  // write the initial theta

  // Adds log p_Z(z) of each row of tile.values to tile.log_det, which then is log p(x).
  base.log_prob(theta, tile);
  // Replaces tile.grad_values by grad_log_det · ∂log p_Z/∂z, adds ∂loss/∂theta to `out` (unless empty).
  base.log_prob_vjp(theta, out, tile);
  // Fills tile.values with rows first_row, first_row + 1, ... of the sample that `rng` stands for: a row
  // depends on rng and its number alone, so that the same sample comes out of any cutting into tiles.
  base.sample(theta, Rng(rng), first_row, tile);
};

// What a base may have beyond that:
//   context_dim()    columns of tile.context that all three verbs read (0 when absent); log_prob_vjp adds
//                    ∂loss/∂context to tile.grad_context
//   sample_vjp(...)  the gradient of a loss over its samples: see Reparametrised

/// A base with nothing to train.
template <class B>
concept Parameterless =
    std::same_as<decltype(B::layout(std::declval<const B&>(), std::declval<CountParameters&>())),
                 NoParameters<CountParameters>>;

/// A base whose samples are a smooth function of its parameters (Kingma & Welling, arXiv:1312.6114, section
/// 2.4), so that a loss over its samples has a gradient in them: what ReverseKl asks for. Without parameters
/// there is nothing to ask.
template <class B>
concept Reparametrised = Base<B> &&
    (Parameterless<B> ||
     requires(const B& base, std::span<const typename B::Scalar> theta, std::span<typename B::Scalar> out,
              Tile<typename B::Scalar>& tile, Rng& rng, Eigen::Index first_row) {
       // Adds ∂loss/∂theta to `out`, through the rows that sample(theta, rng, first_row, tile) gave, with
       // ∂loss/∂z in tile.grad_values.
       base.sample_vjp(theta, out, Rng(rng), first_row, tile);
     });

}  // namespace eigenflow
