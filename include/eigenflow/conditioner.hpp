#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>

#include "eigenflow/layout.hpp"
#include "eigenflow/rng.hpp"
#include "eigenflow/tile.hpp"

namespace eigenflow {

/// A conditioner, the m(·) of a coupling: any differentiable function from the untouched features (and the
/// context) to the parameters of a transformer. It knows nothing of flows, and need not be invertible.
template <class C>
concept Conditioner = std::copyable<C> &&
    requires(const C& conditioner, std::span<const typename C::Scalar> theta,
             std::span<typename C::Scalar> out, const ConstMatrixMap<typename C::Scalar>& input,
             MatrixMap<typename C::Scalar>& result, const ConstMatrixMap<typename C::Scalar>& grad_result,
             MatrixMap<typename C::Scalar>& grad_input, const Pass& pass, CountParameters& visitor,
             Rng& rng) {
  typename C::Scalar;
  typename C::Options;  // so that Coupling can make it: C(in, out, options)
  requires std::constructible_from<C, Eigen::Index, Eigen::Index, typename C::Options>;
  { conditioner.in_dim() } -> std::convertible_to<Eigen::Index>;
  { conditioner.out_dim() } -> std::convertible_to<Eigen::Index>;

  typename C::template Parameters<CountParameters>;  // what its layout gives to a visitor
  C::layout(conditioner, visitor);                   // what it has, see layout.hpp
  // The initial theta: all results zero, so that a flow starts as the identity.
  conditioner.initialise(out, rng);

  // result (N × out) = m(input), input N × in. Returns a tape, a small value whose arrays lie in pass.arena; it
  // may keep `input` by pointer, which outlives the tape.
  { conditioner.forward(theta, input, result, pass) } -> TapeValue;

  // Adds ∂loss/∂theta to `out` (nothing when empty), exactly once an entry, and ∂loss/∂input to grad_input.
  conditioner.vjp(theta, out, conditioner.forward(theta, input, result, pass), grad_result, grad_input, pass);
};

}  // namespace eigenflow
