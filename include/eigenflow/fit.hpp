#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/batch.hpp"
#include "eigenflow/detail/finite.hpp"
#include "eigenflow/detail/fit_data.hpp"
#include "eigenflow/detail/progress.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/history.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "eigenflow/optim/adam.hpp"
#include "eigenflow/optim/clip.hpp"
#include "eigenflow/optim/schedule.hpp"

namespace eigenflow {

/// How to fit; give what differs from these by name: fit(flow, x, {.epochs = 20, .seed = 7}).
template <class Scalar>
struct FitOptions {
  Eigen::Index epochs = 100;                ///< passes over the training rows, at most
  Eigen::Index steps = 0;                   ///< when positive: this many steps instead, whatever the epochs
  Eigen::Index batch_size = 256;            ///< rows a step; all of them when there are fewer
  double learning_rate = 1e-3;              ///< of the first full step
  Schedule schedule = constant_schedule();  ///< the factor on it: cosine_schedule(), warm_up(100, ...)
  double clip_norm = 0;                     ///< longest gradient, by its global norm; 0: never clipped
  double validation_fraction = 0.1;         ///< share of the rows held out, drawn at random; 0: none
  MatrixX<Scalar> validation = {};          ///< your own validation set instead, M × D
  MatrixX<Scalar> validation_context = {};  ///< its context, M × C, for a conditional density
  Eigen::Index patience = 0;     ///< stop after so many epochs without a better validation loss; 0: never
  VectorX<Scalar> weights = {};  ///< a weight ≥ 0 for each row of x; empty: all equal
  std::uint64_t seed = 0;        ///< of the held-out rows and the order of the batches
  bool progress = true;          ///< a progress bar, on a terminal only
  std::function<bool(const Epoch&)> callback = {};  ///< called after each epoch; false stops the fit
};

namespace detail {

template <class FlowType, class Optimizer, class Objective>
History fit_rows(FlowType& flow, FitData<typename FlowType::Scalar> data,
                 const FitOptions<typename FlowType::Scalar>& options, const Optimizer& optimizer,
                 const Objective& objective) {
  using Scalar = typename FlowType::Scalar;
  flow.initialise_from(data.training_tiles());

  const Eigen::Index batch_size = std::min(options.batch_size, data.training_size());
  const Eigen::Index epoch_steps = data.training_size() / batch_size;  // a rest waits for the next shuffle
  const Eigen::Index steps = options.steps > 0 ? options.steps : options.epochs * epoch_steps;
  const std::vector<detail::Segment> trainable = flow.trainable();
  auto state = optimizer.template start<Scalar>(flow.parameters().size());
  VectorX<Scalar> grad(flow.parameters().size()), best = flow.parameters();
  const std::span<Scalar> gradient(grad.data(), static_cast<std::size_t>(grad.size()));

  History history;
  history.best_loss = std::numeric_limits<double>::infinity();
  ProgressBar bar(options.progress, steps);
  const auto start = std::chrono::steady_clock::now();
  bool going = true;
  const auto stop = [&](Stopped why, std::string message) {
    going = false;
    history.stopped = why;
    history.message = std::move(message);
  };

  Eigen::Index step = 0;
  for (Eigen::Index epoch = 0; going && step < steps; ++epoch) {
    data.shuffle(static_cast<std::uint64_t>(epoch));
    Epoch now{epoch, step, 0, std::numeric_limits<double>::quiet_NaN(), 0, 0, 0};
    Eigen::Index taken = 0;
    for (; taken < epoch_steps && step < steps; ++taken, ++step) {
      const double loss = objective(flow, data.batch(taken * batch_size, batch_size), gradient);
      const double norm = options.clip_norm > 0 ? clip_global_norm(gradient, options.clip_norm)
                                                : global_norm(std::span<const Scalar>(gradient));
      if (!detail::is_finite(loss) || !detail::is_finite(norm)) {
        stop(Stopped::non_finite, std::string(detail::is_finite(loss) ? "the gradient" : "the loss") +
                                      " was no longer finite at step " + std::to_string(step) + " (epoch " +
                                      std::to_string(epoch) +
                                      "); the best parameters before it were restored");
        break;
      }
      now.learning_rate = options.learning_rate * options.schedule(step, steps);
      optimizer.advance(state);
      for (const detail::Segment& part : trainable)
        optimizer.update(state, part.offset, part.of(flow.theta()),
                         part.of(std::span<const Scalar>(gradient)), now.learning_rate);
      now.training_loss += loss;
      now.gradient_norm += norm;
      bar.show(step + 1, loss, history.best_loss);
    }
    if (!going) break;

    now.steps = step;
    now.training_loss /= static_cast<double>(taken);
    now.gradient_norm /= static_cast<double>(taken);
    // Without a validation set the epoch's last batch tells whether its parameters are sound.
    const double judged = objective(
        flow, data.validates() ? data.validation_batch() : data.batch((taken - 1) * batch_size, batch_size),
        {});
    if (data.validates()) now.validation_loss = judged;
    now.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    history.epochs.push_back(now);
    if (!detail::is_finite(judged)) {
      stop(Stopped::non_finite, std::string(data.validates() ? "the validation loss" : "the loss") +
                                    " was no longer finite after step " + std::to_string(step - 1) +
                                    ", the last of epoch " + std::to_string(epoch) +
                                    "; the best parameters before it were restored");
      break;
    }
    // Without a validation set the latest parameters are kept:
    // a training loss from moving parameters judges nothing.
    if (!data.validates() || judged < history.best_loss) {
      best = flow.parameters();
      history.best_epoch = epoch;
      history.best_loss = data.validates() ? judged : now.training_loss;
    }
    if (options.callback && !options.callback(now))
      stop(Stopped::callback, "the callback stopped the fit after epoch " + std::to_string(epoch));
    else if (options.patience > 0 && epoch - history.best_epoch >= options.patience)
      stop(Stopped::patience, "no better validation loss for " + std::to_string(options.patience) +
                                  " epochs; the best was epoch " + std::to_string(history.best_epoch));
  }
  flow.parameters() = best;
  if (going) history.message = "all " + std::to_string(step) + " steps were taken";
  return history;
}

}  // namespace detail

/// Fits a flow to the rows of x (N × D) by minimising the objective (maximum
/// likelihood) with the optimizer (Adam), and leaves it with the best parameters
/// seen: those of the lowest validation loss, or the last without a validation set.
///
/// The order of things is the seed's alone: the same call gives the same theta, bit for bit, with any number of
/// threads. Layers that start from data (Standardize) take it from the training rows first; frozen parameters
/// stay untouched. A loss or gradient that is no longer finite stops the fit and leaves the best parameters; the
/// history says where. An exception from the callback passes on and leaves the parameters of the last step.
/// Throws std::invalid_argument for data that cannot be fitted: no rows, a wrong number of columns, NaN or ±∞
/// (naming row and column), weights that do not fit, a validation fraction outside [0, 1), patience without
/// validation rows.
template <class FlowType, class X, class Optimizer = Adam, class Objective = MaximumLikelihood>
History fit(FlowType& flow, const Eigen::DenseBase<X>& x,
            const FitOptions<typename FlowType::Scalar>& options = {}, const Optimizer& optimizer = {},
            const Objective& objective = {}) {
  using Scalar = typename FlowType::Scalar;
  const detail::Input<Scalar, X> rows(x);
  return detail::fit_rows(flow, detail::FitData<Scalar>(rows.rows(), {}, flow, options), options, optimizer,
                          objective);
}

/// The same for a conditional density p(x | c): row i of c (N × C) is the context of row i of x.
template <class FlowType, class X, class C, class Optimizer = Adam, class Objective = MaximumLikelihood>
History fit(FlowType& flow, const Eigen::DenseBase<X>& x, const Eigen::DenseBase<C>& c,
            const FitOptions<typename FlowType::Scalar>& options = {}, const Optimizer& optimizer = {},
            const Objective& objective = {}) {
  using Scalar = typename FlowType::Scalar;
  const detail::Input<Scalar, X> rows(x);
  const Context<Scalar> context(c);
  return detail::fit_rows(flow, detail::FitData<Scalar>(rows.rows(), context.rows(), flow, options), options,
                          optimizer, objective);
}

}  // namespace eigenflow
