#pragma once

#include <Eigen/Core>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "table/cells.hpp"
#include "table/number.hpp"
#include "table/text.hpp"
#include "usage_error.hpp"

// Numbers in options. Anything else, and a number out of range, is a UsageError with the option, the value and the
// range.

namespace command {

/// The shortest digits of a number.
inline std::string decimal(double value) {
  std::string text;
  table::append_number(value, text);
  return text;
}

/// The finite numbers from `low` to `high`; if `above` is set, those above `low`. Without limits: any finite number.
struct NumberRange {
  double low = std::numeric_limits<double>::lowest(), high = std::numeric_limits<double>::max();
  bool above = false;

  bool has(double value) const {  // NaN is in no range
    return (above ? value > low : value >= low) && value <= high;
  }
  std::string text() const {
    const bool any_low = low == std::numeric_limits<double>::lowest(),
               any_high = high == std::numeric_limits<double>::max();
    if (any_low && any_high) return "a finite number";
    if (low == -high && high == std::numeric_limits<double>::infinity()) return "a number";
    if (any_high) return "a finite number " + (above ? "above " + decimal(low) : "from " + decimal(low));
    return "a number " + std::string(above ? "above " : "from ") + decimal(low) +
           (above ? " and up to " : " to ") + decimal(high);
  }
};

inline double number_of(const std::string& text, const NumberRange& range, const std::string& option) {
  const std::optional<double> value = table::number(text);
  if (!value || !range.has(*value))
    throw UsageError(option + " expects " + range.text() + ", but got " + table::shown(text) +
                     (value && table::beyond_range(text, *value)
                          ? ", which is beyond the range of a number, 1.8e308"
                          : ""));
  return *value;
}

inline std::uint64_t whole_of(const std::string& text, std::uint64_t low, std::uint64_t high,
                              const std::string& option) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw UsageError(option + " expects a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high) + ", but got " + table::shown(text));
  return value;
}

/// As "1%" or "0.01".
inline double share_of(std::string text, const std::string& option) {
  const std::string given = text;
  const bool percent = text.ends_with('%');
  if (percent) text.pop_back();
  const double share = table::number(text).value_or(-1) / (percent ? 100 : 1);
  if (!(share > 0 && share < 1))
    throw UsageError(option + " expects a share above 0 and below 1, as 1% or 0.01, but got " +
                     table::shown(given));
  return share;
}

/// As "64,64".
inline std::vector<Eigen::Index> sizes_of(const std::string& text, const std::string& option) {
  std::vector<Eigen::Index> sizes;
  for (const std::string& cell : table::cells(text))
    sizes.push_back(static_cast<Eigen::Index>(whole_of(cell, 1, 1'000'000, option)));
  return sizes;
}

}  // namespace command
