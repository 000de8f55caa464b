#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>
#include <utility>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

namespace detail {

// The common part of the conditioners of couplings and of autoregressive layers.
template <class C>
concept ConditionerVerbs = std::copyable<C> &&
    requires(const C& conditioner, std::span<const typename C::Scalar> theta,
             std::span<typename C::Scalar> out, const ConstMatrixMap<typename C::Scalar>& input,
             MatrixMap<typename C::Scalar>& result, const ConstMatrixMap<typename C::Scalar>& grad_result,
             MatrixMap<typename C::Scalar>& grad_input, const Pass& pass, CountParameters& visitor,
             Rng& rng) {
  typename C::Scalar;
  typename C::Options;
  { conditioner.in_dim() } -> std::convertible_to<Eigen::Index>;
  { conditioner.out_dim() } -> std::convertible_to<Eigen::Index>;

  typename C::template Parameters<CountParameters>;  // the result of its layout
  C::layout(conditioner, visitor);                   // its parameters, see authoring/layout.hpp
  // The initial theta: all results zero, so that a flow starts as the identity.
  conditioner.initialise(out, rng);

  // result (N × out) = m(input), input N × in. Returns a tape, a small value whose arrays are in pass.arena. It
  // may keep a pointer to `input`, which outlives the tape. If pass.dropout is set, a network with dropout draws
  // its masks from it.
  { conditioner.forward(theta, input, result, pass) } -> TapeValue;

  // Adds ∂loss/∂theta to `out` (unless empty), exactly once per entry, and ∂loss/∂input to grad_input.
  conditioner.vjp(theta, out, conditioner.forward(theta, input, result, pass), grad_result, grad_input, pass);
};

/// A conditioner that can be saved: it has options with a structure.
template <class C>
concept HasStructuredOptions = Structured<typename C::Options> && requires(const C& conditioner) {
  { conditioner.options() } -> std::same_as<const typename C::Options&>;
};

/// The tape of a conditioner.
template <class C, class Scalar = typename C::Scalar>
using ConditionerTape = decltype(std::declval<const C&>().forward(
    {}, std::declval<const ConstMatrixMap<Scalar>&>(), std::declval<MatrixMap<Scalar>&>(),
    std::declval<const Pass&>()));

}  // namespace detail

/// A conditioner, the m(·) of a coupling: any differentiable function from the unchanged features (and the
/// context) to the parameters of a transformer. It knows nothing of flows, and need not be invertible. It may have
/// rows_together(), the most rows that it wants at a time (default 256): see concepts/layer.hpp.
template <class C>
concept Conditioner = detail::ConditionerVerbs<C> &&
    std::constructible_from<C, Eigen::Index, Eigen::Index, typename C::Options>;  // C(in, out, options)

namespace detail {

template <class C>
concept MadeFromOrder = requires(const List<Eigen::Index>& order, Eigen::Index count,
                                 const typename C::Options& options, Eigen::Index context_dim) {
  C(order, count, options, context_dim);
};

}  // namespace detail

/// A masked conditioner, the m(·) of an autoregressive layer: `count` results for each of D features. For every
/// theta, the results of a feature depend only on the features before it in the order (and on the context). Inputs: D
/// features, then the context; results: feature by feature, `count` each. For features that are circles it must also
/// have a constructor of (order, count, options, context_dim, circles). Then the i-th circle has a second input,
/// column D + i, and the context follows these.
template <class C>
concept MaskedConditioner = detail::ConditionerVerbs<C> && detail::MadeFromOrder<C> &&
    requires(const C& conditioner, std::span<const typename C::Scalar> theta,
             std::span<typename C::Scalar> out, const ConstMatrixMap<typename C::Scalar>& input,
             MatrixMap<typename C::Scalar>& result, const ConstMatrixMap<typename C::Scalar>& grad_result,
             MatrixMap<typename C::Scalar>& grad_input, const Pass& pass, void (*visit)(Eigen::Index)) {
  { conditioner.order() } -> std::convertible_to<const List<Eigen::Index>&>;  // first feature first

  // The same as `forward` (with its tape) for an input that becomes known feature by feature: calls visit(j), in
  // the order, when the results of feature j are known. visit(j) writes the columns of j in the input.
  conditioner.forward_in_order(theta, input, result, pass, visit);

  // The same as `vjp` for cotangents of the results that become known feature by feature: calls visit(j), in the
  // reverse order, when ∂loss/∂(feature j) in grad_input is complete. visit(j) writes those of the results of j.
  conditioner.vjp_in_order(theta, out, conditioner.forward(theta, input, result, pass), grad_result,
                           grad_input, pass, visit);
};

}  // namespace eigenflow
