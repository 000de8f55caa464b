#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace eigenflow {

/// What is known at the end of an epoch.
struct Epoch {
  Eigen::Index epoch;      ///< from 0
  Eigen::Index steps;      ///< taken so far
  double training_loss;    ///< mean over the epoch's batches, nats, as the parameters moved
  double validation_loss;  ///< after the epoch, nats; NaN without a validation set
  double learning_rate;    ///< of the epoch's last step
  double gradient_norm;    ///< mean over the epoch's steps, before clipping
  double seconds;          ///< since the fit began
};

/// Why a fit ended.
enum class Stopped { finished, patience, callback, non_finite };

/// The course of a fit, to plot and to check.
struct History {
  std::vector<Epoch> epochs;
  Eigen::Index best_epoch = -1;  ///< whose parameters the flow has now; -1: those from before the fit
  double best_loss = 0;          ///< their validation loss, or training loss without a validation set
  Stopped stopped = Stopped::finished;
  std::string message;  ///< one sentence: why it ended, and where if something went wrong
};

}  // namespace eigenflow
