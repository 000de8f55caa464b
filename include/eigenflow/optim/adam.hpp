#pragma once

#include <Eigen/Core>
#include <cmath>
#include <span>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/parallel.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/optim/detail/check_step.hpp"

namespace eigenflow {

/// The state of Adam: two vectors and a number.
template <class Scalar>
struct AdamState {
  VectorX<Scalar> mean;      ///< running mean of the gradient
  VectorX<Scalar> variance;  ///< running mean of its square
  Eigen::Index steps = 0;

  /// Its numbers, for checkpoints.
  template <class Self, class Visitor>
  static void each(Self& self, Visitor& visit) {
    visit.vector(self.mean);
    visit.vector(self.variance);
    visit.count(self.steps);
  }
};

/// AdamW: Adam with decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101, algorithm 2), where the
/// decay is multiplied by the scheduled learning rate, as in PyTorch and optax.
struct AdamW {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;

  template <class Scalar>
  using State = AdamState<Scalar>;

  template <class Scalar>
  State<Scalar> start(Eigen::Index size) const {
    return {VectorX<Scalar>::Zero(size), VectorX<Scalar>::Zero(size), 0};
  }

  /// Begins a step: `update` then changes each part of theta once.
  template <class Scalar>
  void advance(State<Scalar>& state) const {
    ++state.steps;
  }

  /// Changes the part of theta that begins at `offset`, in one pass over memory.
  template <class Scalar>
  void update(State<Scalar>& state, Eigen::Index offset, std::span<Scalar> theta,
              std::span<const Scalar> grad, double learning_rate) const {
    using Number = Lanes<Scalar>;
    const auto number = [](double value) { return Number(static_cast<Scalar>(value)); };
    const double t = static_cast<double>(state.steps);
    const double unbias = std::sqrt(1 - std::pow(beta2, t));
    const Number keep1 = number(beta1), gain1 = number(1 - beta1), keep2 = number(beta2),
                 gain2 = number(1 - beta2);
    const Number rate = number(learning_rate * unbias / (1 - std::pow(beta1, t))),
                 floor = number(epsilon * unbias);
    const Number shrink = number(1 - learning_rate * weight_decay);
    Scalar* const mean = state.mean.data() + offset;
    Scalar* const variance = state.variance.data() + offset;
    constexpr Eigen::Index piece = 1 << 14;
    constexpr double work = 8;  // of one entry, against the multiplications that parallel.hpp counts
    for_each_piece(static_cast<Eigen::Index>(theta.size()), piece, work,
                   [&](Eigen::Index first, Eigen::Index count) {
                     for (const RowStep<Scalar> step : RowSteps<Scalar>(count)) {
                       const Number g = step.load(grad.data() + first);
                       const Number m = fma(keep1, step.load(mean + first), gain1 * g),
                                    v = fma(keep2, step.load(variance + first), gain2 * g * g);
                       step.store(mean + first, m);
                       step.store(variance + first, v);
                       step.store(theta.data() + first,
                                  shrink * step.load(theta.data() + first) - rate * m / (sqrt(v) + floor));
                     }
                   });
  }

  /// One step for all of theta. Throws std::invalid_argument unless state, theta and gradient have the same size.
  template <class Scalar>
  void step(State<Scalar>& state, std::span<Scalar> theta, std::span<const Scalar> grad,
            double learning_rate) const {
    detail::check_step(state.mean.size(), theta.size(), grad.size());
    advance(state);
    update(state, 0, theta, grad, learning_rate);
  }
};

/// Adam (Kingma & Ba, arXiv:1412.6980, algorithm 1).
struct Adam {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  template <class Scalar>
  using State = AdamState<Scalar>;

  template <class Scalar>
  State<Scalar> start(Eigen::Index size) const {
    return without_decay().start<Scalar>(size);
  }
  template <class Scalar>
  void advance(State<Scalar>& state) const {
    without_decay().advance(state);
  }
  template <class Scalar>
  void update(State<Scalar>& state, Eigen::Index offset, std::span<Scalar> theta,
              std::span<const Scalar> grad, double learning_rate) const {
    without_decay().update(state, offset, theta, grad, learning_rate);
  }
  template <class Scalar>
  void step(State<Scalar>& state, std::span<Scalar> theta, std::span<const Scalar> grad,
            double learning_rate) const {
    without_decay().step(state, theta, grad, learning_rate);
  }

 private:
  AdamW without_decay() const {
    return {.beta1 = beta1, .beta2 = beta2, .epsilon = epsilon, .weight_decay = 0};
  }
};

}  // namespace eigenflow
