#pragma once

#include <string>
#include <vector>

#include "train.hpp"

// What a race chose, as text in a model file: fit --like fits the same again.

namespace command {

inline constexpr const char* recipe_note = "recipe";  ///< the note of a model file that has it

/// A density of the model and its share of it.
struct Part {
  Recipe recipe;
  Eigen::Index members = 0;  ///< flows, each of which holds out its own fold; 0: one, fitted to all rows
  Eigen::Index stop = 0;     ///< the last of them stopped after so many steps; 0: it took all
  double weight = 1;
};

/// A model: one density, or the mean of several.
struct Plan {
  Eigen::Index folds = 0;  ///< of the rows; 0: a share is held out
  double work = 2e10;      ///< multiplications of each mixture's fit
  std::vector<Part> parts = {};
};

/// As "folds=5; weight=0.9 members=5 layers=5 type=coupling ...; weight=0.1 layers=0 base=mixture components=4".
std::string text_of(const Plan& plan);
/// Throws std::runtime_error.
Plan plan_of(const std::string& text);

/// In words: "a Gaussian", "4 Gaussians", "5 autoregressive affine layers of 64".
std::string words_of(const Recipe& recipe);

}  // namespace command
