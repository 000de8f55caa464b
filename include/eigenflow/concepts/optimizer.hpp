#pragma once

#include <Eigen/Core>
#include <span>

namespace eigenflow {

/// An optimizer: moves theta against a gradient. It knows nothing of flows; what it carries from step to step is a state
/// of its own making, one for each fit.
template <class O, class Scalar>
concept Optimizer = requires(const O& optimizer, std::span<Scalar> theta, std::span<const Scalar> grad,
                             decltype(optimizer.template start<Scalar>(Eigen::Index())) state,
                             Eigen::Index offset, double learning_rate) {
  // start<Scalar>(size)   a state for that many parameters
  optimizer.advance(state);  // a step begins
  // Moves parameters offset, offset + 1, ... by their gradient.
  optimizer.update(state, offset, theta, grad, learning_rate);
};

// What an optimizer's state may have beyond that:
//   static each(state, visitor)   hands its vectors and counts to a visitor, so that checkpoints can keep them

}  // namespace eigenflow
