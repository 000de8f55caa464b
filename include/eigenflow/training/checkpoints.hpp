#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/training/history.hpp"

namespace eigenflow {

/// All that a fit carries from one epoch to the next. Everything else is a function of its options: batches, their
/// order and dropout of the seed, the epoch and the step; the learning rate of the step. Numbers are kept in double,
/// which is exact for flows of float and double.
struct FitState {
  Eigen::Index step = 0;         ///< steps taken
  Eigen::Index epoch_steps = 0;  ///< that make an epoch
  std::uint64_t seed = 0;
  VectorX<double> theta;                   ///< as it is now
  VectorX<double> best;                    ///< as it was when it was best
  std::vector<VectorX<double>> optimizer;  ///< the optimizer's numbers, in its order
  History history;
};

/// Where a fit keeps its state, so that one that was interrupted goes on where it stood. `checkpoint_file` of
/// io/checkpoint.hpp makes them of a file; here you may give a store of your own.
struct Checkpoints {
  /// The state that was kept last, if any; called once, before the first step.
  std::function<std::optional<FitState>()> load = {};
  /// Keeps a state; called after every `every` epochs, and after the last, also where patience or the callback ends
  /// the fit.
  std::function<void(const FitState&)> save = {};
  Eigen::Index every = 1;
};

}  // namespace eigenflow
