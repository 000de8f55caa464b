#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "eigenflow/history.hpp"
#include "eigenflow/tile.hpp"

namespace eigenflow {

/// All that a fit carries from one epoch to the next. Everything else is a function of its options: batches, their
/// order and dropout of the seed, the epoch and the step; the learning rate of the step.
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
  /// Keeps a state; called after every `every` epochs, and after the last.
  std::function<void(const FitState&)> save = {};
  Eigen::Index every = 1;
};

namespace detail {

/// Visitor over an optimizer's state: copies its numbers, vectors and counts.
struct CopyState {
  std::vector<VectorX<double>> copies = {};

  template <class Vector>
  void vector(const Vector& numbers) {
    copies.push_back(numbers.template cast<double>());
  }
  void count(Eigen::Index number) {
    copies.push_back(VectorX<double>::Constant(1, static_cast<double>(number)));
  }
};

/// Visitor over an optimizer's state: takes its numbers from copies. `fits` says whether they were of its sizes.
struct RestoreState {
  const std::vector<VectorX<double>>& copies;
  std::size_t next = 0;
  bool fits = true;

  template <class Vector>
  void vector(Vector& numbers) {
    const bool there = next < copies.size() && copies[next].size() == numbers.size();
    fits = fits && there;
    if (there) numbers = copies[next].template cast<typename Vector::Scalar>();
    ++next;
  }
  void count(Eigen::Index& number) {
    VectorX<double> one = VectorX<double>::Zero(1);
    vector(one);
    number = static_cast<Eigen::Index>(one[0]);
  }
};

/// A state of an optimizer that lists its numbers.
template <class State>
concept Keepable = requires(State& state, CopyState& copy) {
  State::each(state, copy);
};

}  // namespace detail
}  // namespace eigenflow
