#pragma once

#include <Eigen/Core>
#include <eigenflow/numerics/finite.hpp>
#include <optional>
#include <string>
#include <vector>

#include "table/cells.hpp"
#include "table/number.hpp"
#include "table/text.hpp"
#include "usage_error.hpp"

// Numbers in options.

namespace command {

/// Throws UsageError, naming the option, for what is none.
inline double number_of(const std::string& text, const std::string& option) {
  const std::optional<double> value = table::number(text);
  if (!value) throw UsageError(option + " wants a number, but got " + table::shown(text));
  if (table::beyond_range(text, *value))
    throw UsageError(option + ": " + table::shown(text) +
                     " is beyond the range of a number, which ends at 1.8e308");
  return *value;
}

/// Neither infinite nor NaN.
inline double finite_number_of(const std::string& text, const std::string& option) {
  const double value = number_of(text, option);
  if (!eigenflow::detail::is_finite(value))
    throw UsageError(option + " wants a finite number, but got " + table::shown(text));
  return value;
}

/// As "1%" or "0.01".
inline double share_of(std::string text, const std::string& option) {
  const bool percent = text.ends_with('%');
  if (percent) text.pop_back();
  const double share = number_of(text, option) / (percent ? 100 : 1);
  if (!(share > 0 && share < 1))
    throw UsageError(option + " wants a share between 0 and 1, as 1% or 0.01, but got " + table::shown(text));
  return share;
}

/// As "64,64".
inline std::vector<Eigen::Index> sizes_of(const std::string& text, const std::string& option) {
  std::vector<Eigen::Index> sizes;
  for (const std::string& cell : table::cells(text)) {
    const double size = number_of(cell, option);
    if (!(size >= 1 && size <= 1e6) || size != static_cast<double>(static_cast<Eigen::Index>(size)))
      throw UsageError(option + " wants whole numbers from 1, but got " + table::shown(cell));
    sizes.push_back(static_cast<Eigen::Index>(size));
  }
  return sizes;
}

}  // namespace command
