#pragma once

#include <string>
#include <vector>

#include "folds.hpp"
#include "recipe.hpp"

// Fitting what a plan says.

namespace command {

/// A model and the course of the last of its fits.
struct Planned {
  Flow flow;  ///< of the data and the context as they are
  ef::History history;
};

/// The folds of a plan, or the one share of the rows that is held out.
std::vector<Fold> folds_of(const Plan& plan, Eigen::Index rows, double validation, std::uint64_t seed);

/// The flows of a part. A member's seed and fold follow from its number.
std::uint64_t member_seed(std::uint64_t seed, Eigen::Index member);

/// The mean of all flows of a plan's parts, each with its share of the weight of its part, and of the density of the far
/// rows: the model of the data as they are.
Flow joined(const Plan& plan, const std::vector<std::vector<Flow>>& flows, const FitRows& rows);

/// The same of one flow.
Flow model_of(const Flow& flow, const FitRows& rows);

/// Fits all that a plan names. With a checkpoint, goes on from it.
Planned follow(const Plan& plan, const FitRows& rows, double validation, std::uint64_t seed,
               const Watch& watch);

}  // namespace command
