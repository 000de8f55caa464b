#pragma once

#include <Eigen/Core>
#include <span>

namespace eigenflow {

/// An optimizer: changes theta against a gradient. It does not depend on flows. It makes its own state, one for each
/// fit.
template <class O, class Scalar>
concept Optimizer = requires(const O& optimizer, std::span<Scalar> theta, std::span<const Scalar> grad,
                             decltype(optimizer.template start<Scalar>(Eigen::Index())) state,
                             Eigen::Index offset, double learning_rate) {
  // start<Scalar>(size)   a state for that many parameters
  optimizer.advance(state);  // a step begins
  // Changes parameters offset, offset + 1, ... by their gradient.
  optimizer.update(state, offset, theta, grad, learning_rate);
};

// Optional members of the state:
//   static each(state, visitor)   passes its vectors and counts to a visitor, so that checkpoints can save them

}  // namespace eigenflow
