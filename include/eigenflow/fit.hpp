#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/batch.hpp"
#include "eigenflow/concepts/objective.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "eigenflow/optim/adam.hpp"
#include "eigenflow/optim/schedule.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/fit_data.hpp"
#include "eigenflow/training/fit_options.hpp"
#include "eigenflow/training/history.hpp"
#include "eigenflow/training/options.hpp"
#include "eigenflow/training/train.hpp"
#include "eigenflow/training/training.hpp"

namespace eigenflow {

namespace detail {

template <class FlowType, class Optimizer, class Objective>
History fit_rows(FlowType& flow, FitData<typename FlowType::Scalar> data,
                 const FitOptions<typename FlowType::Scalar>& options, const Optimizer& optimizer,
                 const Objective& objective) {
  using Scalar = typename FlowType::Scalar;
  static_assert(check_types<FlowType, Optimizer>());
  static_assert(
      eigenflow::Objective<Objective, FlowType>,
      "an objective is called as objective(flow, batch, grad) and returns the loss, as MaximumLikelihood is");
  check_parameters(std::as_const(flow).theta());
  FlowType started = flow;  // an exception leaves the flow unchanged
  started.initialise_from(data.training_tiles(started.tile_rows()));
  const double before =
      data.check_validation([&](const Batch<Scalar>& batch) { return objective(started, batch, {}); });
  flow = started;

  struct Source {
    const FlowType& flow;
    const Objective& objective;
    FitData<Scalar>& data;
    Eigen::Index batch_size;
    std::uint64_t seed;
    double before;  // the first step

    void begin(Eigen::Index epoch) { data.shuffle(static_cast<std::uint64_t>(epoch)); }
    double loss(Eigen::Index step, Eigen::Index taken, std::span<Scalar> grad) {
      Batch<Scalar> batch = data.batch(taken * batch_size, batch_size);
      batch.training = TrainingStep{seed, static_cast<std::uint64_t>(step)};
      batch.noise.step = static_cast<std::uint64_t>(step);
      return objective(flow, batch, grad);
    }
    bool validates() const { return data.validates(); }
    // Without a validation set, check that the loss of the last batch is finite.
    double judge(Eigen::Index taken) {
      if (taken == 0) return before;
      return objective(
          flow, validates() ? data.validation_batch() : data.batch((taken - 1) * batch_size, batch_size), {});
    }
  };
  Source source{flow,         objective, data, std::min(options.batch_size, data.training_size()),
                options.seed, before};
  const Eigen::Index epoch_steps =
      data.training_size() / source.batch_size;  // remaining rows wait for the next shuffle
  const Eigen::Index most_epochs =
      std::numeric_limits<Eigen::Index>::max() / epoch_steps;  // "until patience ends"
  const Eigen::Index steps =
      options.steps > 0 ? options.steps : std::min(options.epochs, most_epochs) * epoch_steps;
  FlowTraining training(flow, source);
  StepperOf<Scalar, Optimizer> stepper(optimizer, flow.parameters().size());
  TrainingOptions common = TrainingOptions::of(options);
  common.steps = steps;
  common.epoch_steps = epoch_steps;
  return train(training, stepper, common);
}

}  // namespace detail

/// Fits a flow to the rows of x (N × D): minimises the objective (maximum likelihood) with the optimizer (Adam). The
/// flow ends with the parameters of the lowest validation loss, which may be those from before the first step. Without
/// a validation set it ends with the last parameters.
///
/// Random numbers depend only on the seed: the same call gives a bit-identical theta with any number of threads.
/// Layers that start from data (Standardize) are set from the training rows first. Frozen parameters do not change.
/// If the loss or the gradient is no longer finite, the fit stops with the best parameters, and the history says
/// where. An exception from the callback leaves the parameters of the last step. Throws std::invalid_argument for
/// data that cannot be fitted: no rows, a wrong number of columns, NaN or ±∞ (naming row and column), weights that do
/// not fit, a validation fraction outside [0, 1), patience without validation rows, a checkpoint of another fit.
///
/// With `checkpoints`, a fit that was interrupted continues when the same call is made again. It starts from the last
/// epoch that was saved, and its result is bit-identical to that of an uninterrupted fit.
template <class FlowType, class X, class Optimizer = Adam, class Objective = MaximumLikelihood>
History fit(FlowType& flow, const Eigen::DenseBase<X>& x,
            const FitOptions<typename FlowType::Scalar>& options = {}, const Optimizer& optimizer = {},
            const Objective& objective = {}) {
  using Scalar = typename FlowType::Scalar;
  const Input<Scalar, X> rows(x);
  return detail::fit_rows(flow,
                          detail::FitData<Scalar>(rows.rows(), {}, flow.dim(), flow.context_dim(), options),
                          options, optimizer, objective);
}

/// The same for a conditional density p(x | c): row i of c (N × C) is the context of row i of x.
template <class FlowType, class X, class C, class Optimizer = Adam, class Objective = MaximumLikelihood>
History fit(FlowType& flow, const Eigen::DenseBase<X>& x, const Eigen::DenseBase<C>& c,
            const FitOptions<typename FlowType::Scalar>& options = {}, const Optimizer& optimizer = {},
            const Objective& objective = {}) {
  using Scalar = typename FlowType::Scalar;
  const Input<Scalar, X> rows(x);
  const Context<Scalar> context(c);
  return detail::fit_rows(
      flow, detail::FitData<Scalar>(rows.rows(), context.rows(), flow.dim(), flow.context_dim(), options),
      options, optimizer, objective);
}

namespace detail {

template <class Other>
History reject_arguments() {
  static_assert(
      std::is_void_v<Other>,
      "fit takes a flow, the rows, their context if the density is conditional (a dense Eigen matrix), the "
      "options in the flow's scalar type, then the optimizer, as in fit(flow, x, {}, Adam{})");
  return {};
}

template <class Other, class FlowType>
concept NoOptions = !std::convertible_to<Other, FitOptions<typename FlowType::Scalar>>;

}  // namespace detail

/// Rejects an argument that is neither options nor a context.
template <class FlowType, class X, detail::NoOptions<FlowType> Other, class... Rest>
requires(!Dense<Other>) History fit(FlowType&, const Eigen::DenseBase<X>&, const Other&, const Rest&...) {
  return detail::reject_arguments<Other>();
}
template <class FlowType, class X, class C, detail::NoOptions<FlowType> Other, class... Rest>
History fit(FlowType&, const Eigen::DenseBase<X>&, const Eigen::DenseBase<C>&, const Other&, const Rest&...) {
  return detail::reject_arguments<Other>();
}

}  // namespace eigenflow
