#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <eigenflow/numerics/finite.hpp>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

// Numbers as text.

namespace table {

/// The number that a cell is, NaN and infinity among them; nothing where it is none. What is beyond the range of a
/// double is infinity or zero.
inline std::optional<double> number(std::string_view cell) {
  if (cell.empty()) return std::nullopt;
#if defined(__cpp_lib_to_chars)
  if (cell.front() == '+' && cell.size() > 1 && cell[1] != '-') cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size()) return std::nullopt;
  if (error == std::errc()) return value;
#endif
  // Beyond the range of a double (1e-400, 1e400), where from_chars gives nothing; all numbers in an older library.
  const std::string text(cell);
  char* stop = nullptr;
  const double slow = std::strtod(text.c_str(), &stop);
  return stop == text.c_str() + text.size() ? std::optional(slow) : std::nullopt;
}

/// The number that a cell is where `decimal` stands before its fraction: a point or a comma, and the other nowhere.
inline std::optional<double> number(std::string_view cell, char decimal) {
  if (decimal == '.') return number(cell);
  const std::size_t comma = cell.find(',');
  if (cell.find('.') != std::string_view::npos) return std::nullopt;
  if (comma == std::string_view::npos) return number(cell);
  if (comma + 1 == cell.size() || cell[comma + 1] < '0' || cell[comma + 1] > '9') return std::nullopt;
  std::string text(cell);
  text[comma] = '.';
  return number(text);
}

/// Whether the number was written as a finite one, with more digits than a double has room for.
inline bool beyond_range(std::string_view cell, double value) {
  return (value > std::numeric_limits<double>::max() || value < std::numeric_limits<double>::lowest()) &&
         cell.find_first_of("0123456789") != std::string_view::npos;
}

/// Whether a number is NaN, by its bits: with -ffast-math, value != value may be compiled to `false`.
inline bool is_nan(double value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return !eigenflow::detail::is_finite(value) && !eigenflow::detail::same_bits(value, infinity) &&
         !eigenflow::detail::same_bits(value, -infinity);
}

/// Whether a cell says that its number is not known.
inline bool is_missing(std::string_view cell) {
  constexpr std::array<std::string_view, 11> words{"",     "?",    "NA",   "N/A", "#N/A", "<NA>",
                                                   "NULL", "null", "None", "-",   "."};
  return std::find(words.begin(), words.end(), cell) != words.end();
}

/// The other way: appends the shortest digits that read back as the same number.
inline void append_number(double value, std::string& text) {
  std::array<char, 32> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

}  // namespace table
