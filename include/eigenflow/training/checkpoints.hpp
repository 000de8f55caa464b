#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/training/history.hpp"

namespace eigenflow {

/// The state that a fit carries from one epoch to the next. Everything else follows from its options: the batches and
/// the dropout masks from seed, epoch and step, the learning rate from the step. Numbers are kept in double, which is
/// exact for flows of float and double.
struct FitState {
  Eigen::Index step = 0;         ///< steps taken
  Eigen::Index epoch_steps = 0;  ///< steps of one epoch
  std::uint64_t seed = 0;
  VectorX<double> theta;                   ///< the current one
  VectorX<double> best;                    ///< the one of the lowest loss
  std::vector<VectorX<double>> optimizer;  ///< the optimizer's numbers, in its order
  History history;
};

/// Where a fit saves its state, so that it can continue after an interruption. `checkpoint_file` of io/checkpoint.hpp
/// uses a file; you may also give your own storage.
struct Checkpoints {
  /// Returns the last saved state, if any. Called once, before the first step.
  std::function<std::optional<FitState>()> load = {};
  /// Saves a state. Called after every `every` epochs and after the last one, also if patience or the callback ends the
  /// fit.
  std::function<void(const FitState&)> save = {};
  Eigen::Index every = 1;
};

}  // namespace eigenflow
