#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan.hpp"

namespace command {

/// How a race is run.
struct RaceOptions {
  double seconds = 180;               ///< in all, about
  std::optional<Eigen::Index> steps;  ///< of each flow, in place of a time
  Eigen::Index members = 0;           ///< flows of the winner; 0: by the number of rows
  Training training;                  ///< what was given of it
  Checkpoint* checkpoint = nullptr;   ///< goes on from there
};

/// The share of the rows that a race holds out where it has no folds.
inline double validation_of(const Training& training) {
  return training.validation > 0 ? training.validation : 0.1;
}

struct Raced {
  Planned planned;
  Plan plan;
  std::vector<std::string> lines;  ///< what took part, and what was kept
};

/// Chooses a density by rows that are held out, and fits it: a Gaussian, mixtures of Gaussians, flows of several kinds,
/// noises and sizes. Few rows: in five folds, and the result is the mean of several densities, weighted by what the
/// held-out rows say. Many rows: by a share of them, and the result is the best one.
///
/// With `steps`, no clock is read: the same arguments give the same result. So does `follow` with the plan.
Raced race(const FitRows& rows, const RaceOptions& options, Pace& pace);

}  // namespace command
