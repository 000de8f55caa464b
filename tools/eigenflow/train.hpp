#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <eigenflow/training/history.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "expectation.hpp"
#include "flows.hpp"
#include "pace.hpp"

namespace command {

/// How to fit; what is not given follows from the number of rows.
struct Training {
  std::optional<Eigen::Index> epochs, steps, batch_size;
  std::optional<double> noise;         ///< in deviations of each column
  std::optional<double> weight_decay;  ///< pull of the weights to zero
  double learning_rate = 2e-3;
  double validation = 0.1;  ///< share of the rows
  Eigen::Index patience = 0;
  std::uint64_t seed = 0;
};

/// The steps that suit so many rows: few rows are seen often, many a few times.
Eigen::Index enough_steps(Eigen::Index rows);

/// `training` with what follows from the numbers of rows and features.
Training chosen_for(Training training, Eigen::Index rows, Eigen::Index features);

/// A density and how it is fitted.
struct Recipe {
  Architecture architecture = {};
  /// It begins by taking the correlations out, and so as the Gaussian; else with standard units.
  bool white = true;
  Training training = {};

  bool is_trained() const;  ///< false: it follows from the rows without any step
};

/// The rows of a fit.
struct FitRows {
  /// `units` is empty or has one for each feature: those of whole numbers, 0 for a continuous feature. `supports` is
  /// empty or has one for each feature.
  FitRows(Eigen::MatrixXd x, Eigen::MatrixXd c, std::vector<ef::FeatureSupport> supports,
          std::vector<double> units, std::uint64_t seed);

  Eigen::MatrixXd x, c;  ///< as in the table
  std::vector<ef::FeatureSupport> supports;
  std::vector<double> units;
  Eigen::MatrixXd judged;  ///< x with each whole number somewhere in its unit, the same for all densities
  Eigen::MatrixXd inside;  ///< `judged` with edges at infinity

  Eigen::Index count() const { return x.rows(); }
  Eigen::Index dim() const { return x.cols(); }
  bool has_circles() const { return !ef::circles_of(supports).empty(); }
};

struct Fitted {
  Flow flow;  ///< of features with edges at infinity, and of the context as it is
  ef::History history;
  Eigen::VectorXd held_out;  ///< log p of the rows that were held out, in the units of the table
};

/// Mixtures that were fitted before: by their rows, which the number of a fold stands for, their components, and whether
/// in white units.
using KnownMixtures = std::map<std::tuple<Eigen::Index, Eigen::Index, bool>, Gaussians>;

/// What happens around the training of a flow.
struct Watch {
  Pace& pace;
  std::string name;                ///< of the flow, in lines of progress
  bool bar = false;                ///< a progress bar on a terminal
  double mixture_work = 2e10;      ///< multiplications of a mixture's fit
  KnownMixtures* known = nullptr;  ///< looked up and added to
  Eigen::Index fold = 0;
  std::function<bool(const ef::Epoch&)> goes_on = {};  ///< asked after each epoch
  /// Gets the best flow so far every few seconds, with its edges.
  std::function<void(const Flow&)> keep = {};
};

/// The units of the features, with edges at infinity, and of the context.
Scales scales_of(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& inside,
                 const Eigen::MatrixXd& c);

/// Fits a density to the rows but those of `held_out`, by which its best parameters are chosen. The seed is that of its
/// first parameters too. Throws std::runtime_error when the training comes to nothing.
Fitted fit_one(const Recipe& recipe, const FitRows& rows, const std::vector<Eigen::Index>& held_out,
               std::uint64_t seed, const Watch& watch);

}  // namespace command
