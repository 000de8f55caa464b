#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/course.hpp"
#include "eigenflow/training/history.hpp"

namespace eigenflow::detail {

/// Whether a number that was kept as real is a count: whole, and exact.
inline bool is_count(double number) {
  return is_finite(number) && number >= 0 && number <= 9007199254740992.0 && std::trunc(number) == number;
}

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
    Eigen::Matrix<double, 1, 1> one(0.0);
    vector(one);
    fits = fits && is_count(one[0]);
    if (fits) number = static_cast<Eigen::Index>(one[0]);
  }
};

/// A state of an optimizer that lists its numbers.
template <class State>
concept Keepable = requires(State& state, CopyState& copy) {
  State::each(state, copy);
};

/// Keeps the state of a fit in its checkpoints, where it has any.
class Keeper {
 public:
  Keeper(const Checkpoints& checkpoints, const Course& course, std::uint64_t seed)
      : checkpoints_(checkpoints), course_(course), seed_(seed) {
    if (checkpoints.every < 1)
      reject("checkpoints are kept every so many epochs, 1 or more, but got " +
             std::to_string(checkpoints.every));
  }

  /// Goes on from the state that was kept last; returns the steps that were taken.
  template <class Flow, class State, class Vector>
  Eigen::Index resume(Flow& flow, State& optimizer, Vector& best, History& history) const {
    if (!checkpoints_.load && !checkpoints_.save) return 0;
    if constexpr (!Keepable<State>) {
      reject(
          "the state of this optimizer cannot be kept: give it a static each(state, visitor), as AdamState "
          "has");
    } else {
      const Flow before = flow;  // a file's constants go into the flow as it is read
      const std::optional<FitState> kept = checkpoints_.load ? checkpoints_.load() : std::nullopt;
      if (!kept) return 0;
      const auto refuse_this = [&](const std::string& why) {
        flow = before;
        reject(why);
      };
      if (kept->seed != seed_ || kept->epoch_steps != course_.epoch_steps)
        refuse_this("the checkpoint is of another fit, of the seed " + std::to_string(kept->seed) + " and " +
                    std::to_string(kept->epoch_steps) + " steps an epoch, but this one has the seed " +
                    std::to_string(seed_) + " and " + std::to_string(course_.epoch_steps) +
                    ": give the same data and options, or another file");
      RestoreState restore{kept->optimizer};
      State::each(optimizer, restore);
      if (!restore.fits || restore.next != kept->optimizer.size() || kept->theta.size() != best.size() ||
          kept->best.size() != best.size())
        refuse_this("the checkpoint is of another flow or another optimizer: give the same, or another file");
      flow.parameters() = kept->theta.template cast<typename Flow::Scalar>();
      best = kept->best.template cast<typename Flow::Scalar>();
      history = kept->history;
      return kept->step;
    }
  }

  /// Whether the state after this epoch is one to be kept, however the fit goes on.
  bool is_due(Eigen::Index epoch, Eigen::Index step) const {
    return (epoch + 1) % checkpoints_.every == 0 || step >= course_.steps;
  }

  /// Keeps the state after an epoch.
  template <class Flow, class State, class Vector>
  void keep(Eigen::Index step, const Flow& flow, const State& optimizer, const Vector& best,
            const History& history) const {
    if (!checkpoints_.save) return;
    if constexpr (Keepable<const State>) {
      CopyState copy;
      State::each(optimizer, copy);
      checkpoints_.save({step, course_.epoch_steps, seed_, flow.parameters().template cast<double>(),
                         best.template cast<double>(), std::move(copy.copies), history});
    }
  }

 private:
  const Checkpoints& checkpoints_;
  Course course_;
  std::uint64_t seed_;
};

}  // namespace eigenflow::detail
