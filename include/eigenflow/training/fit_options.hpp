#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <vector>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/optim/schedule.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/history.hpp"

namespace eigenflow {

/// How to fit. Set the options that differ from these defaults by name: fit(flow, x, {.epochs = 20, .seed = 7}).
template <class Scalar>
struct FitOptions {
  Eigen::Index epochs = 100;                ///< passes over the training rows, at most
  Eigen::Index steps = 0;                   ///< if positive: this many steps; replaces `epochs`
  Eigen::Index batch_size = 256;            ///< rows per step; all rows if there are fewer
  double learning_rate = 1e-3;              ///< of the first full step
  Schedule schedule = constant_schedule();  ///< the factor on it: cosine_schedule(), warm_up(100, ...)
  double clip_norm = 0;                     ///< longest gradient, by its global norm; 0: never clipped
  double validation_fraction = 0.1;         ///< share of the rows held out, drawn at random; 0: none
  MatrixX<Scalar> validation = {};          ///< your own validation set, M × D
  MatrixX<Scalar> validation_context = {};  ///< its context, M × C, for a conditional density
  /// The rows of x to hold out, by their numbers, in place of a random share.
  std::vector<Eigen::Index> validation_rows = {};
  Eigen::Index patience = 0;     ///< stop after so many epochs without a better validation loss; 0: never
  VectorX<Scalar> weights = {};  ///< a weight ≥ 0 for each row of x; empty: all equal
  double dequantize = 0;         ///< width of uniform noise on x, fresh at every step: 1/256 for pixels k/256
  std::uint64_t seed = 0;        ///< of the held-out rows, the order of the batches, dropout, this noise
  bool progress = true;          ///< a progress bar, on a terminal only
  std::function<bool(const Epoch&)> callback = {};  ///< called after each epoch; false stops the fit
  Checkpoints checkpoints = {};  ///< where the fit saves its state and continues: checkpoint_file(flow, path)
};

}  // namespace eigenflow
