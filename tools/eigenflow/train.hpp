#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <eigenflow/training/history.hpp>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "checkpoint.hpp"
#include "expectation.hpp"
#include "far_rows.hpp"
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

/// How many rows these are worth with their weights, if they have any.
Eigen::Index worth_of(const Eigen::VectorXd& weights, Eigen::Index rows);

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
  /// `weights` is empty or has one for each row, above 0. `units` is empty or has one for each feature: those of whole
  /// numbers, 0 for a continuous feature. `supports` is empty or has one for each feature.
  FitRows(Eigen::MatrixXd x, Eigen::MatrixXd c, Eigen::VectorXd weights,
          std::vector<ef::FeatureSupport> supports, std::vector<double> units, std::uint64_t seed);

  Eigen::MatrixXd x, c;     ///< as in the table
  Eigen::VectorXd weights;  ///< with the sum N
  std::vector<ef::FeatureSupport> supports;
  std::vector<double> units;
  Eigen::MatrixXd judged;  ///< x with each whole number somewhere in its unit, the same for all densities
  Eigen::MatrixXd inside;  ///< `judged` with edges at infinity
  FarRows far = {};        ///< has a share of every model

  Eigen::Index count() const { return x.rows(); }
  Eigen::Index worth() const { return worth_of(weights, count()); }
  Eigen::Index dim() const { return x.cols(); }
  bool has_circles() const { return !ef::circles_of(supports).empty(); }
};

struct Fitted {
  Flow flow;  ///< of features with edges at infinity, and of the context as it is
  ef::History history;
  Eigen::VectorXd held_out;  ///< log p of the rows that were held out, in the units of the table
};

/// Mixtures that were fitted before: by their rows, which the number of a fold stands for, their components, and
/// whether in white units.
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
  /// Goes on from there, and keeps the state of the training in it every few seconds.
  Checkpoint* checkpoint = nullptr;
  /// Then gets the best flow so far, of features with edges at infinity.
  std::function<void(const Flow&)> keep = {};
};

/// The units of the features, with edges at infinity, and of the context.
Scales scales_of(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& inside,
                 const Eigen::MatrixXd& c, const Eigen::VectorXd& weights);

/// The loss of a training was no longer finite, and nothing better came before.
struct CameToNothing : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Fits a density to the rows but those of `held_out`, by which its best parameters are chosen. The seed is that of its
/// first parameters too. Throws CameToNothing.
Fitted fit_one(const Recipe& recipe, const FitRows& rows, const std::vector<Eigen::Index>& held_out,
               std::uint64_t seed, const Watch& watch);

}  // namespace command
