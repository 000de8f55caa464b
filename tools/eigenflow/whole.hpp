#pragma once

#include <cmath>
#include <eigenflow/layers/feature_support.hpp>
#include <limits>
#include <map>
#include <string>
#include <vector>

// Columns of whole numbers. A flow has a density, and a whole number is a point without any: so a fit spreads each over
// its unit, v - u/2 to v + u/2, evenly and anew in every step, and a sample is the whole number that it falls to.

namespace command {

namespace ef = eigenflow;

/// The whole numbers of a column: the multiples of `unit` from `low` to `high`; unit 0: a continuous column.
struct Whole {
  double unit = 0, low = -std::numeric_limits<double>::infinity(),
         high = std::numeric_limits<double>::infinity();

  bool is() const { return unit > 0; }
  /// The nearest of them.
  double round(double value) const {
    const double nearest = unit * std::round(value / unit);
    return (nearest < low ? low : nearest > high ? high : nearest) + 0.0;  // never -0
  }
};

/// The multiples of `unit` between the edges of a feature's support, which are none themselves.
inline Whole whole_within(double unit, const ef::FeatureSupport& support) {
  Whole whole{unit};
  if (std::isfinite(support.low)) whole.low = unit * (std::floor(support.low / unit) + 1);
  if (std::isfinite(support.high)) whole.high = unit * (std::ceil(support.high / unit) - 1);
  return whole;
}

/// Notes in a model file which of its columns are whole.
void note_whole(const std::vector<std::string>& names, const std::vector<Whole>& columns,
                std::map<std::string, std::string>& notes);

/// The other way: one for each of `names`.
std::vector<Whole> noted_whole(const std::vector<std::string>& names,
                               const std::map<std::string, std::string>& notes);

}  // namespace command
