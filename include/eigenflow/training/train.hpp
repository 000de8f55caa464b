#pragma once

#include <Eigen/Core>
#include <chrono>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/optim/clip.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/training/history.hpp"
#include "eigenflow/training/keeper.hpp"
#include "eigenflow/training/options.hpp"
#include "eigenflow/training/progress.hpp"
#include "eigenflow/training/training.hpp"

namespace eigenflow {

/// The training loop of every fit: steps of an optimizer, a validation after each epoch, and every reason to stop.
/// Leaves theta at the best parameters.
template <class Scalar>
History train(Training<Scalar>& training, Stepper<Scalar>& stepper, const TrainingOptions& options);

template <class Scalar>
History train(Training<Scalar>& training, Stepper<Scalar>& stepper, const TrainingOptions& options) {
  const std::vector<Segment> trainable = training.trainable();
  const auto size = static_cast<Eigen::Index>(training.theta().size());
  VectorX<Scalar> grad(size), best = VectorMap<Scalar>(training.theta().data(), size);
  const std::span<Scalar> gradient(grad.data(), static_cast<std::size_t>(grad.size()));

  History history;
  history.best_loss = std::numeric_limits<double>::infinity();
  const detail::Keeper<Scalar> keeper(options);
  Eigen::Index step = keeper.resume(training, stepper, best, history);
  // A checkpoint may have changed theta.
  VectorMap<Scalar> theta(training.theta().data(), size);
  if (step == 0 && options.steps > 0 && training.validates()) {  // the start may be the best
    const double judged = training.judge(0);
    if (detail::is_finite(judged)) history.best_loss = judged;
  }
  const double seconds_before = history.epochs.empty() ? 0 : history.epochs.back().seconds;
  detail::ProgressBar bar(options.progress, options.steps);
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
  for (Eigen::Index epoch = epochs_before; going && step < options.steps; ++epoch) {
    training.begin(epoch);
    Epoch now{epoch, step, 0, std::numeric_limits<double>::quiet_NaN(), 0, 0, 0};
    Eigen::Index taken = 0;
    for (; taken < options.epoch_steps && step < options.steps; ++taken, ++step) {
      const double loss = training.loss(step, taken, gradient);
      const double norm = options.clip_norm > 0 ? clip_global_norm(gradient, options.clip_norm)
                                                : global_norm(std::span<const Scalar>(gradient));
      if (!detail::is_finite(loss) || !detail::is_finite(norm)) {
        stop(Stopped::non_finite, std::string(detail::is_finite(loss) ? "the gradient" : "the loss") +
                                      " was no longer finite at step " + std::to_string(step) + " (epoch " +
                                      std::to_string(epoch) +
                                      "); the best parameters before it were restored");
        break;
      }
      now.learning_rate = options.learning_rate * options.schedule(step, options.steps);
      if (!detail::is_finite(now.learning_rate)) {
        theta = best;
        detail::reject("the schedule of fit must give finite factors, but at step " + std::to_string(step) +
                       " the learning rate is " + detail::decimal(now.learning_rate));
      }
      stepper.advance();
      for (const Segment& part : trainable)
        stepper.update(part.offset, part.of(training.theta()), part.of(std::span<const Scalar>(gradient)),
                       now.learning_rate);
      now.training_loss += loss;
      now.gradient_norm += norm;
      bar.show(step + 1, loss, history.best_loss);
    }
    if (!going) break;

    now.steps = step;
    now.training_loss /= static_cast<double>(taken);
    now.gradient_norm /= static_cast<double>(taken);
    const double judged = training.judge(taken);
    if (training.validates()) now.validation_loss = judged;
    now.seconds =
        seconds_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    history.epochs.push_back(now);
    if (!detail::is_finite(judged)) {
      stop(Stopped::non_finite, std::string(training.validates() ? "the validation loss" : "the loss") +
                                    " was no longer finite after step " + std::to_string(step - 1) +
                                    ", the last of epoch " + std::to_string(epoch) +
                                    "; the best parameters before it were restored");
      break;
    }
    // Without a validation set, keep the latest parameters: training losses are of changing parameters, so they are not
    // comparable.
    if (!training.validates() || judged < history.best_loss) {
      best = theta;
      history.best_epoch = epoch;
      history.best_loss = training.validates() ? judged : now.training_loss;
    }
    const bool is_due = keeper.is_due(epoch, step);
    if (is_due) keeper.keep(step, training, stepper, best, history);  // before the callback, which may throw
    if (options.callback && !options.callback(now))
      stop(Stopped::callback, "the callback stopped the fit after epoch " + std::to_string(epoch));
    else
      lose_patience(epoch);
    if (!going && !is_due) keeper.keep(step, training, stepper, best, history);
  }
  theta = best;
  if (going)
    history.message = "all " + std::to_string(step) + " steps were taken" +
                      (training.validates() && history.best_epoch < 0 && step > 0
                           ? "; no epoch was better than the parameters from before, which the flow keeps"
                           : "");
  return history;
}

}  // namespace eigenflow
