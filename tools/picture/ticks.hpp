#pragma once

#include <string>
#include <vector>

#include "geometry.hpp"

namespace picture {

/// A mark on an axis: position and label.
struct Tick {
  double value = 0;
  std::string label = {};
};

/// Round numbers (1, 2 or 5 times a power of ten apart) inside the range: as many as fit without exceeding
/// `at_most`, which is at least 2. Labels have the decimals that the step needs, and a minus sign (not a hyphen).
std::vector<Tick> nice_ticks(Range range, int at_most = 6);

}  // namespace picture
