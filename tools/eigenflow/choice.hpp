#pragma once

#include <string>

#include "recipe.hpp"

namespace command {

/// What a race has chosen when its last training begins.
struct Choice {
  Eigen::Index folds = 0;
  double work = 0;  ///< see Plan
  Recipe gaussian = {}, mixture = {};
  bool has_mixture = false;
  Part flow = {};      ///< to train to the end
  Recipe heat = {};    ///< the shorter training of it
  double of_heat = 0;  ///< its mean over the first folds that both have, nats a row
};

std::string text_of(const Choice& choice);
/// Throws std::runtime_error.
Choice choice_of(const std::string& text);

}  // namespace command
