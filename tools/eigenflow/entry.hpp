#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "train.hpp"

namespace command {

/// What held-out rows say of a density: log p of each, and their weights, if rows have any.
struct Judged {
  Eigen::VectorXd log_prob, weights;

  double sum() const { return weights.size() > 0 ? weights.dot(log_prob) : log_prob.sum(); }
  double count() const { return weights.size() > 0 ? weights.sum() : static_cast<double>(log_prob.size()); }
  double mean() const { return sum() / count(); }
};

/// A density that takes part in a race, and what the rows that each fold holds out say of it.
struct Entry {
  Recipe recipe = {};
  std::vector<Judged> held_out = {};  ///< of the first folds
  std::vector<Flow> flows = {};       ///< those that may be kept
  bool is_final = false;              ///< trained to the end
  bool was_stopped = false;           ///< by the clock

  /// The mean over the first folds, nats a row.
  double mean(std::size_t folds) const {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < std::min(folds, held_out.size()); ++i) {
      sum += held_out[i].sum();
      count += held_out[i].count();
    }
    const double mean = sum / count;
    return std::isfinite(mean) ? mean : -std::numeric_limits<double>::infinity();
  }
};

/// The entries of a race and what they are.
struct Entries {
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  std::vector<Entry> all = {};
  std::size_t gaussian = 0, mixture = 0;
  std::size_t flow = none;   ///< that may be kept
  std::size_t worse = none;  ///< a whole training that ended worse than the heat before it

  bool has_mixture() const { return mixture != gaussian; }
  bool has_flow() const { return flow != none; }
};

/// The shares of densities that make their mean the highest at the held-out rows of the first folds. Depends only on
/// the arguments.
Eigen::VectorXd best_shares(const std::vector<const Entry*>& entries, std::size_t folds);

}  // namespace command
