#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <string>

#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/optim/schedule.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/history.hpp"

namespace eigenflow {

/// Options of the training loop: the common part of the options of every fit.
struct TrainingOptions {
  Eigen::Index batch_size = 256;
  Eigen::Index steps = 0;        ///< in all
  Eigen::Index epoch_steps = 1;  ///< steps between two validations
  double learning_rate = 1e-3;
  Schedule schedule = constant_schedule();
  double clip_norm = 0;
  Eigen::Index patience = 0;
  std::uint64_t seed = 0;
  bool progress = true;
  std::function<bool(const Epoch&)> callback = {};
  Checkpoints checkpoints = {};

  /// Throws std::invalid_argument for invalid options.
  void check() const {
    if (batch_size < 1)
      detail::reject("the batch size of fit must be 1 or more, but is " + std::to_string(batch_size));
    if (steps < 0)
      detail::reject("the number of steps of fit cannot be negative, but is " + std::to_string(steps));
    if (!(learning_rate > 0) || !detail::is_finite(learning_rate))
      detail::reject("the learning rate of fit must be positive and finite, but is " +
                     detail::decimal(learning_rate));
    if (!schedule)
      detail::reject(
          "the schedule of fit is empty: leave it out, or give one, as in .schedule = cosine_schedule()");
    if (!detail::is_finite(clip_norm) || clip_norm < 0)
      detail::reject("the clip norm of fit must be positive, or 0 for no clipping, but is " +
                     detail::decimal(clip_norm));
    if (patience < 0)
      detail::reject("the patience of fit must be a number of epochs, or 0 to never stop early, but is " +
                     std::to_string(patience));
  }

  /// The common options of a fit, checked. The caller sets epoch_steps, and `steps` if the fit counts epochs.
  template <class Options>
  static TrainingOptions of(const Options& options) {
    TrainingOptions common{options.batch_size,    options.steps,      1,
                           options.learning_rate, options.schedule,   options.clip_norm,
                           options.patience,      options.seed,       options.progress,
                           options.callback,      options.checkpoints};
    common.check();
    return common;
  }
};

}  // namespace eigenflow
