#pragma once

#include <Eigen/Core>
#include <chrono>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/optim/clip.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/training/course.hpp"
#include "eigenflow/training/history.hpp"
#include "eigenflow/training/keeper.hpp"
#include "eigenflow/training/progress.hpp"

// What every fit has in common, whatever its loss is taken over: steps of an optimizer, a judgement after
// each epoch, the best parameters, and the many ways to end.

namespace eigenflow::detail {

/// Refuses options that no fit can follow.
template <class Options>
void check_training(const Options& options) {
  if (options.batch_size < 1)
    reject("the batch size of fit must be 1 or more, but is " + std::to_string(options.batch_size));
  if (options.steps < 0)
    reject("the number of steps of fit cannot be negative, but is " + std::to_string(options.steps));
  if (!(options.learning_rate > 0) || !is_finite(options.learning_rate))
    reject("the learning rate of fit must be positive and finite, but is " + decimal(options.learning_rate));
  if (!options.schedule)
    reject("the schedule of fit is empty: leave it out, or give one, as in .schedule = cosine_schedule()");
  if (!is_finite(options.clip_norm) || options.clip_norm < 0)
    reject("the clip norm of fit must be positive, or 0 for no clipping, but is " +
           decimal(options.clip_norm));
  if (options.patience < 0)
    reject("the patience of fit must be a number of epochs, or 0 to never stop early, but is " +
           std::to_string(options.patience));
}

/// What moves theta: a state for `size` parameters, a step begun, a segment of theta moved.
template <class O, class Scalar>
concept OptimizerOf = requires(const O& optimizer, std::span<Scalar> theta, std::span<const Scalar> grad,
                               decltype(optimizer.template start<Scalar>(Eigen::Index())) state,
                               double learning_rate) {
  optimizer.advance(state);
  optimizer.update(state, Eigen::Index(), theta, grad, learning_rate);
};

/// Whether fit is called with what it can fit, whatever it fits to.
template <class Flow, class Optimizer>
constexpr bool check_types() {
  static_assert(
      requires(const Flow& flow) { flow.trainable(); },
      "fit trains a Flow: put a layer into one, as in Flow flow{layer, rng}");
  static_assert(!std::is_const_v<Flow>,
                "fit changes the parameters of a flow: this one is const, so fit a copy of it that is not");
  static_assert(OptimizerOf<Optimizer, typename Flow::Scalar>,
                "an optimizer has start<Scalar>(size), advance(state) and update(state, offset, theta, grad, "
                "learning_rate), as Adam (optim/adam.hpp) has");
  return true;
}

/// Refuses to start from parameters that are not finite.
template <class Flow>
void check_parameters(const Flow& flow) {
  const auto& theta = flow.parameters();
  for (Eigen::Index i = 0; i < theta.size(); ++i)
    if (!is_finite(theta[i]))
      reject("fit starts from the parameters that the flow has, but parameter " + std::to_string(i) + " is " +
             decimal(theta[i]) + ": set finite ones, or make the flow anew");
}

/// Trains `flow` on a source of losses and leaves it with the best parameters. The source has
///   begin(epoch)                before the epoch's first step
///   loss(step, taken, grad)     the loss and gradient of a step, `taken` steps into its epoch
///   validates()                 whether its judgement is of one yardstick, so that the lowest is the best
///   judge(taken)                the loss after an epoch of `taken` steps, or of none
template <class Flow, class Source, class Options, class Optimizer>
History train(Flow& flow, Source& source, const Course& course, const Options& options,
              const Optimizer& optimizer) {
  using Scalar = typename Flow::Scalar;
  const std::vector<Segment> trainable = flow.trainable();
  auto state = optimizer.template start<Scalar>(flow.parameters().size());
  VectorX<Scalar> grad(flow.parameters().size()), best = flow.parameters();
  const std::span<Scalar> gradient(grad.data(), static_cast<std::size_t>(grad.size()));

  History history;
  history.best_loss = std::numeric_limits<double>::infinity();
  const Keeper keeper(options.checkpoints, course, options.seed);
  Eigen::Index step = keeper.resume(flow, state, best, history);
  if (step == 0 && course.steps > 0 && source.validates()) {  // the start is a candidate too
    const double judged = source.judge(0);
    if (is_finite(judged)) history.best_loss = judged;
  }
  const double seconds_before = history.epochs.empty() ? 0 : history.epochs.back().seconds;
  ProgressBar bar(options.progress, course.steps);
  const auto start = std::chrono::steady_clock::now();
  bool going = true;
  const auto stop = [&](Stopped why, std::string message) {
    going = false;
    history.stopped = why;
    history.message = std::move(message);
  };

  const auto lose_patience = [&](Eigen::Index epoch) {
    if (options.patience > 0 && epoch - history.best_epoch >= options.patience)
      stop(Stopped::patience,
           "no better validation loss for " + std::to_string(options.patience) + " epochs; the best " +
               (history.best_epoch < 0 ? std::string("parameters are those from before")
                                       : "was epoch " + std::to_string(history.best_epoch)));
  };

  const auto epochs_before = static_cast<Eigen::Index>(history.epochs.size());
  if (epochs_before > 0) lose_patience(epochs_before - 1);
  for (Eigen::Index epoch = epochs_before; going && step < course.steps; ++epoch) {
    source.begin(epoch);
    Epoch now{epoch, step, 0, std::numeric_limits<double>::quiet_NaN(), 0, 0, 0};
    Eigen::Index taken = 0;
    for (; taken < course.epoch_steps && step < course.steps; ++taken, ++step) {
      const double loss = source.loss(step, taken, gradient);
      const double norm = options.clip_norm > 0 ? clip_global_norm(gradient, options.clip_norm)
                                                : global_norm(std::span<const Scalar>(gradient));
      if (!is_finite(loss) || !is_finite(norm)) {
        stop(Stopped::non_finite, std::string(is_finite(loss) ? "the gradient" : "the loss") +
                                      " was no longer finite at step " + std::to_string(step) + " (epoch " +
                                      std::to_string(epoch) +
                                      "); the best parameters before it were restored");
        break;
      }
      now.learning_rate = options.learning_rate * options.schedule(step, course.steps);
      if (!is_finite(now.learning_rate)) {
        flow.parameters() = best;
        reject("the schedule of fit must give finite factors, but at step " + std::to_string(step) +
               " the learning rate is " + decimal(now.learning_rate));
      }
      optimizer.advance(state);
      for (const Segment& part : trainable)
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
    const double judged = source.judge(taken);
    if (source.validates()) now.validation_loss = judged;
    now.seconds =
        seconds_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    history.epochs.push_back(now);
    if (!is_finite(judged)) {
      stop(Stopped::non_finite, std::string(source.validates() ? "the validation loss" : "the loss") +
                                    " was no longer finite after step " + std::to_string(step - 1) +
                                    ", the last of epoch " + std::to_string(epoch) +
                                    "; the best parameters before it were restored");
      break;
    }
    // Without a validation set the latest parameters are kept: a training loss from moving parameters judges
    // nothing.
    if (!source.validates() || judged < history.best_loss) {
      best = flow.parameters();
      history.best_epoch = epoch;
      history.best_loss = source.validates() ? judged : now.training_loss;
    }
    const bool is_due = keeper.is_due(epoch, step);
    if (is_due) keeper.keep(step, flow, state, best, history);  // before the callback, which may throw
    if (options.callback && !options.callback(now))
      stop(Stopped::callback, "the callback stopped the fit after epoch " + std::to_string(epoch));
    else
      lose_patience(epoch);
    if (!going && !is_due) keeper.keep(step, flow, state, best, history);
  }
  flow.parameters() = best;
  if (going)
    history.message = "all " + std::to_string(step) + " steps were taken" +
                      (source.validates() && history.best_epoch < 0 && step > 0
                           ? "; no epoch was better than the parameters from before, which the flow keeps"
                           : "");
  return history;
}

}  // namespace eigenflow::detail
