#pragma once

#include <Eigen/Core>
#include <span>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/ieee.hpp"
#include "eigenflow/optim/detail/check_step.hpp"

namespace eigenflow {

/// Stochastic gradient descent with (heavy-ball) momentum: v ← momentum · v + g, θ ← θ - rate · v.
struct Sgd {
  double momentum = 0;

  template <class Scalar>
  struct State {
    VectorX<Scalar> velocity;

    /// Its numbers, for checkpoints.
    template <class Self, class Visitor>
    static void each(Self& self, Visitor& visit) {
      visit.vector(self.velocity);
    }
  };

  template <class Scalar>
  State<Scalar> start(Eigen::Index size) const {
    return {VectorX<Scalar>::Zero(size)};
  }
  template <class Scalar>
  void advance(State<Scalar>&) const {}

  template <class Scalar>
  void update(State<Scalar>& state, Eigen::Index offset, std::span<Scalar> theta,
              std::span<const Scalar> grad, double learning_rate) const {
    const auto size = static_cast<Eigen::Index>(theta.size());
    auto velocity = state.velocity.segment(offset, size);
    velocity = static_cast<Scalar>(momentum) * velocity + ConstVectorMap<Scalar>(grad.data(), size);
    VectorMap<Scalar>(theta.data(), size) -= static_cast<Scalar>(learning_rate) * velocity;
  }

  /// One step for all of theta. Throws std::invalid_argument unless state, theta and gradient have the same size.
  template <class Scalar>
  void step(State<Scalar>& state, std::span<Scalar> theta, std::span<const Scalar> grad,
            double learning_rate) const {
    detail::check_step(state.velocity.size(), theta.size(), grad.size());
    advance(state);
    update(state, 0, theta, grad, learning_rate);
  }
};

}  // namespace eigenflow
