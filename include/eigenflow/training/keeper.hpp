#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <string>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/history.hpp"
#include "eigenflow/training/options.hpp"
#include "eigenflow/training/training.hpp"

namespace eigenflow::detail {

/// Saves the state of a fit to its checkpoints, if it has any.
template <class Scalar>
class Keeper {
 public:
  explicit Keeper(const TrainingOptions& options) : options_(options) {
    if (options.checkpoints.every < 1)
      reject("checkpoints are kept every so many epochs, 1 or more, but got " +
             std::to_string(options.checkpoints.every));
  }

  /// Continues from the last saved state. Returns the number of steps taken.
  Eigen::Index resume(Training<Scalar>& training, Stepper<Scalar>& stepper, VectorX<Scalar>& best,
                      History& history) const;

  /// True if the state after this epoch is to be saved even if the fit does not end here.
  bool is_due(Eigen::Index epoch, Eigen::Index step) const {
    return (epoch + 1) % options_.checkpoints.every == 0 || step >= options_.steps;
  }

  /// Saves the state after an epoch.
  void keep(Eigen::Index step, Training<Scalar>& training, const Stepper<Scalar>& stepper,
            const VectorX<Scalar>& best, const History& history) const;

 private:
  const TrainingOptions& options_;
};

template <class Scalar>
Eigen::Index Keeper<Scalar>::resume(Training<Scalar>& training, Stepper<Scalar>& stepper,
                                    VectorX<Scalar>& best, History& history) const {
  if (!options_.checkpoints.load && !options_.checkpoints.save) return 0;
  stepper.numbers();                                       // throws if the optimizer cannot be saved
  const std::function<void()> put_back = training.keep();  // reading a file sets constants of the flow
  const std::optional<FitState> kept = options_.checkpoints.load ? options_.checkpoints.load() : std::nullopt;
  if (!kept) return 0;
  const auto reject_this = [&](const std::string& why) {
    put_back();
    reject(why);
  };
  if (kept->seed != options_.seed || kept->epoch_steps != options_.epoch_steps)
    reject_this("the checkpoint belongs to another fit: it has the seed " + std::to_string(kept->seed) +
                " and " + std::to_string(kept->epoch_steps) + " steps an epoch, but this one has the seed " +
                std::to_string(options_.seed) + " and " + std::to_string(options_.epoch_steps) +
                ": give the same data and options, or another file");
  if (!stepper.restore(kept->optimizer) || kept->theta.size() != best.size() ||
      kept->best.size() != best.size())
    reject_this("the checkpoint is of another flow or another optimizer: give the same, or another file");
  VectorMap<Scalar>(training.theta().data(), best.size()) = kept->theta.template cast<Scalar>();
  best = kept->best.template cast<Scalar>();
  history = kept->history;
  return kept->step;
}

template <class Scalar>
void Keeper<Scalar>::keep(Eigen::Index step, Training<Scalar>& training, const Stepper<Scalar>& stepper,
                          const VectorX<Scalar>& best, const History& history) const {
  if (!options_.checkpoints.save) return;
  options_.checkpoints.save({step, options_.epoch_steps, options_.seed,
                             VectorMap<Scalar>(training.theta().data(), best.size()).template cast<double>(),
                             best.template cast<double>(), stepper.numbers(), history});
}

}  // namespace eigenflow::detail
