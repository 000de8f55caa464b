#include "ticks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace picture {
namespace {

std::string label_of(double value, int decimals) {
  std::array<char, 64> digits{};
  std::snprintf(digits.data(), digits.size(), "%.*f", decimals, std::abs(value));
  return (value < 0 ? "\u2212" : "") + std::string(digits.data());
}

}  // namespace

std::vector<Tick> nice_ticks(Range range, int at_most) {
  std::vector<Tick> ticks;
  if (!(range.length() > 0) || !std::isfinite(range.length())) return ticks;
  int exponent = static_cast<int>(std::floor(std::log10(range.length() / at_most)));
  for (;; ++exponent) {
    for (const double mantissa : {1.0, 2.0, 5.0}) {
      const double step = mantissa * std::pow(10.0, exponent);
      const double slack = 1e-9 * step;  // ends that are round numbers themselves get their tick
      const double first = std::ceil((range.low - slack) / step);
      const double last = std::floor((range.high + slack) / step);
      if (last - first + 1 > at_most) continue;
      const int decimals = std::max(0, -exponent);
      for (double k = first; k <= last; ++k) ticks.push_back({k * step, label_of(k * step, decimals)});
      return ticks;
    }
  }
}

}  // namespace picture
