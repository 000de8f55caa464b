#pragma once

#include <string>
#include <vector>

/// What one build of the library computes: with the same theta, points and seed.
struct Run {
  std::vector<double> in_double;  ///< log-densities, their gradients and samples
  std::vector<double> in_float;
  std::vector<double> far_out;  ///< log-densities of points next to the largest numbers
  std::string refusal;          ///< what fit says of a NaN
};

Run run_exact();
Run run_fast();
