#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace eigenflow {

/// The measurements of one epoch.
struct Epoch {
  Eigen::Index epoch;      ///< from 0
  Eigen::Index steps;      ///< taken so far
  double training_loss;    ///< mean over the epoch's batches, nats, while the parameters changed
  double validation_loss;  ///< after the epoch, nats; NaN without a validation set
  double learning_rate;    ///< of the epoch's last step
  double gradient_norm;    ///< mean over the epoch's steps, before clipping
  double seconds;          ///< since the fit began
};

/// Why a fit ended.
enum class Stopped { finished, patience, callback, non_finite };

/// The course of a fit.
struct History {
  std::vector<Epoch> epochs;
  Eigen::Index best_epoch = -1;  ///< the epoch whose parameters the flow has; -1: from before the fit
  double best_loss = 0;          ///< their validation loss, or training loss without a validation set
  Stopped stopped = Stopped::finished;
  std::string message;  ///< why the fit ended, and where if something went wrong
};

}  // namespace eigenflow
