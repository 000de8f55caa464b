#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>

#include "eigenflow/layout.hpp"
#include "eigenflow/rng.hpp"
#include "eigenflow/tile.hpp"

namespace eigenflow {

/// A base: the latent density p_Z at the end of the chain, with or without parameters (theta's last segment).
template <class B>
concept Base = std::copyable<B> &&
    requires(const B& base, std::span<const typename B::Scalar> theta, std::span<typename B::Scalar> out,
             Tile<typename B::Scalar>& tile, CountParameters& visitor, Rng& rng, Eigen::Index first_row) {
  typename B::Scalar;
  { B::static_dim } -> std::convertible_to<int>;
  { base.dim() } -> std::convertible_to<Eigen::Index>;

  B::layout(base, visitor);   // what it has, see layout.hpp
  base.initialise(out, rng);  // write the initial theta

  // Adds log p_Z(z) of each row of tile.values to tile.log_det, which then is log p(x).
  base.log_prob(theta, tile);
  // Replaces tile.grad_values by grad_log_det · ∂log p_Z/∂z
  // and adds ∂loss/∂theta to `out` (nothing when empty).
  base.log_prob_vjp(theta, out, tile);
  // Fills tile.values with rows first_row, first_row + 1, ... of the sample that `rng` stands for: a row
  // depends on rng and its number alone, so that the same sample comes out of any cutting into tiles.
  base.sample(theta, Rng(rng), first_row, tile);
};

// What a base may have beyond that:
//   context_dim()    columns of tile.context that all three verbs read (0 when absent); log_prob_vjp adds
//                    ∂loss/∂context to tile.grad_context

}  // namespace eigenflow
