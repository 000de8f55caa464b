#pragma once

#include <CLI/CLI.hpp>
#include <Eigen/Core>

#include "model.hpp"

namespace command {

/// --draws, the points of a unit that the probability of a whole number is taken from.
CLI::Option* add_draws_option(CLI::App& subcommand, Eigen::Index& draws);

/// Says on standard error which columns are whole numbers, if any: what is scored is their log-probability.
void say_draws(const Model& model, Eigen::Index draws);

}  // namespace command
