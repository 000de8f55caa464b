#include "ticks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace picture {
namespace {

std::string formatted(const char* format, int digits, double value) {
  std::array<char, 400> text{};
  std::snprintf(text.data(), text.size(), format, digits, std::abs(value));
  return text.data();
}

// As many decimals as the step needs; 1.5e+06 if that is much shorter.
std::string label_of(double value, double step) {
  const int exponent = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  std::string label = formatted("%.*f", std::max(0, -exponent), value);
  if (label.size() > 10 && value == 0) return "0";
  if (label.size() > 10) {
    const int digits = static_cast<int>(std::floor(std::log10(std::abs(value)))) - exponent;
    const std::string shorter = formatted("%.*e", std::max(0, digits), value);
    if (shorter.size() < label.size()) label = shorter;
  }
  return (value < 0 ? "\u2212" : "") + label;
}

}  // namespace

std::vector<Tick> nice_ticks(Range range, int at_most) {
  std::vector<Tick> ticks;
  const double length = range.length(), size = std::max(std::abs(range.low), std::abs(range.high));
  if (!(length > 0) || !std::isfinite(length)) return ticks;
  // Smaller multiples are not distinct in double precision.
  const double finest =
      std::max(8 * std::numeric_limits<double>::epsilon() * size, 1e3 * std::numeric_limits<double>::min());
  const int first_exponent = static_cast<int>(std::floor(std::log10(std::max(length / at_most, finest))));
  for (int exponent = first_exponent; exponent <= std::numeric_limits<double>::max_exponent10; ++exponent) {
    for (const double mantissa : {1.0, 2.0, 5.0}) {
      const double step = mantissa * std::pow(10.0, exponent);
      if (step < finest) continue;
      const double slack = 1e-9 * step;  // includes ends that are round numbers
      const double first = std::ceil((range.low - slack) / step);
      const double last = std::floor((range.high + slack) / step);
      if (!(last - first + 1 <= at_most)) continue;
      const int count = static_cast<int>(std::max(0.0, last - first + 1));
      for (int k = 0; k < count; ++k)
        ticks.push_back({(first + k) * step, label_of((first + k) * step, step)});
      return ticks;
    }
  }
  return ticks;
}

}  // namespace picture
