#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <eigenflow/training/history.hpp>
#include <optional>
#include <vector>

#include "flows.hpp"

namespace command {

/// How to fit; what is not given follows from the number of rows.
struct Training {
  std::optional<Eigen::Index> epochs, steps, batch_size;
  std::optional<double> noise;  ///< in standard deviations of each column
  double learning_rate = 2e-3;
  double weight_decay = 0.1;
  double validation = 0.1;  ///< share of the rows
  Eigen::Index patience = 0;
  std::uint64_t seed = 0;
  bool progress = true;
};

struct Trained {
  Flow flow;  ///< of the data and the context as they are
  ef::History history;
};

/// The units of the features, with edges at infinity, and of the context.
Scales scales_of(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& x,
                 const Eigen::MatrixXd& c);

/// Fits a flow to the rows of x (N × D) given those of c (N × C). `supports` is empty or has one for each feature;
/// `units` too: those of whole numbers, 0 for a continuous feature. Throws std::runtime_error when the training comes to
/// nothing.
Trained train(const Architecture& architecture, const Training& training,
              const std::vector<ef::FeatureSupport>& supports, const std::vector<double>& units,
              const Scales& scales, const Eigen::MatrixXd& x, const Eigen::MatrixXd& c);

}  // namespace command
