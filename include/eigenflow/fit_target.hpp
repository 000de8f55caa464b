#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/concepts/target.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/objectives/reverse_kl.hpp"
#include "eigenflow/optim/adam.hpp"
#include "eigenflow/optim/schedule.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/history.hpp"
#include "eigenflow/training/options.hpp"
#include "eigenflow/training/train.hpp"
#include "eigenflow/training/training.hpp"

namespace eigenflow {

/// How to fit to a target. Set the options that differ from these defaults by name: fit(flow, target, {.steps =
/// 2'000}).
struct TargetFitOptions {
  Eigen::Index steps = 5'000;
  Eigen::Index batch_size = 256;            ///< samples per step
  double learning_rate = 1e-3;              ///< of the first full step
  Schedule schedule = constant_schedule();  ///< the factor on it: cosine_schedule(), warm_up(100, ...)
  double clip_norm = 0;                     ///< longest gradient, by its global norm; 0: never clipped
  Eigen::Index annealing = 0;               ///< steps over which the target changes from flat to itself
  Eigen::Index epoch_steps = 100;           ///< steps between two validations
  Eigen::Index validation_samples = 2'000;  ///< the same draws of the base in every epoch
  Eigen::Index patience = 0;  ///< stop after so many epochs without a better validation loss; 0: never
  std::uint64_t seed = 0;     ///< of all random numbers
  bool progress = true;       ///< a progress bar, on a terminal only
  std::function<bool(const Epoch&)> callback = {};  ///< called after each epoch; false stops the fit
  Checkpoints checkpoints = {};  ///< where the fit saves its state and continues: checkpoint_file(flow, path)
};

namespace detail {

/// A target to the power β: β log p̃.
template <class Flow, class T>
struct Tempered {
  using Scalar = typename Flow::Scalar;
  const T& target;
  Scalar power;

  void operator()(const ConstMatrixMap<Scalar>& x, VectorMap<Scalar>& log_p, MatrixMap<Scalar>& grad) const {
    evaluate_target<Flow>(target, x, log_p, grad);
    log_p *= power;
    grad *= power;
  }
};

}  // namespace detail

/// Fits a flow to a density that can be evaluated but not sampled (concepts/target.hpp): minimises the objective
/// (reverse KL, E_q[log q - log p̃] in nats) over samples of the flow. The flow ends with the parameters of the lowest
/// loss over a fixed set of validation draws.
///
/// Reverse KL misses modes that the first samples do not reach. With `annealing`, the loss begins with the target to
/// the power 0.01, so that the flow spreads first. The power grows to 1 over that many steps (Rezende & Mohamed,
/// arXiv:1505.05770, eq. 20).
///
/// Random numbers depend only on the seed: the same call gives a bit-identical theta with any number of threads. Frozen
/// parameters do not change. There are no data, so Standardize stays the identity unless you gave it statistics. If the
/// loss or the gradient is no longer finite, the fit stops with the best parameters, and the history says where. Throws
/// std::invalid_argument for invalid options.
template <class FlowType, class T, class Optimizer = Adam, class Objective = ReverseKl>
requires(!Dense<T>) History fit(FlowType& flow, const T& target, const TargetFitOptions& options = {},
                                const Optimizer& optimizer = {}, const Objective& objective = {}) {
  static_assert(
      Target<T, FlowType>,
      "fit takes a flow, then rows in a dense Eigen matrix or a target, which is called as f(x, grad) or "
      "f(x, log_p, grad) in the flow's scalar type, one point and its gradient as columns: see "
      "concepts/target.hpp");
  static_assert(detail::check_types<FlowType, Optimizer>());
  detail::check_parameters(std::as_const(flow).theta());
  using Scalar = typename FlowType::Scalar;
  TrainingOptions common = TrainingOptions::of(options);
  common.epoch_steps = options.epoch_steps;
  if (options.annealing < 0)
    detail::reject("the steps of annealing in fit cannot be negative, but are " +
                   std::to_string(options.annealing));
  if (options.epoch_steps < 1 || options.validation_samples < 1)
    detail::reject("the steps of an epoch and the validation samples of fit must be 1 or more, but are " +
                   std::to_string(options.epoch_steps) + " and " +
                   std::to_string(options.validation_samples));
  struct Source {
    const FlowType& flow;
    const T& target;
    const TargetFitOptions& options;
    const Objective& objective;
    Rng rng;

    void begin(Eigen::Index) {}
    double loss(Eigen::Index step, Eigen::Index, std::span<Scalar> grad) {
      const Rng draws = rng.fork(static_cast<std::uint64_t>(step) + 1);
      if (step >= options.annealing) return objective(flow, target, options.batch_size, draws, grad);
      constexpr double first = 0.01;
      const double done = static_cast<double>(step) / static_cast<double>(options.annealing);
      const detail::Tempered<FlowType, T> tempered{target, static_cast<Scalar>(first + (1 - first) * done)};
      return objective(flow, tempered, options.batch_size, draws, grad);
    }
    bool validates() const { return true; }
    double judge(Eigen::Index) {
      return objective(flow, target, options.validation_samples, rng.fork(std::uint64_t{0}),
                       std::span<Scalar>());
    }
  };
  Source source{flow, target, options, objective, Rng(options.seed)};
  FlowTraining training(flow, source);
  StepperOf<Scalar, Optimizer> stepper(optimizer, flow.parameters().size());
  History history = train(training, stepper, common);
  if (history.stopped == Stopped::non_finite)
    history.message += ": does the target write log p̃ and its whole gradient, both finite, at any x?";
  return history;
}

}  // namespace eigenflow
