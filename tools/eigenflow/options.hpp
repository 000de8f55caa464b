#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "numbers.hpp"
#include "usage_error.hpp"

// Options whose values are checked when they are read. A value out of range is a UsageError with the option, the value
// and the range.

namespace command {

/// "--count" of "-n,--count".
inline std::string long_name(const std::string& names) {
  return names.substr(names.rfind(',') + 1);
}

/// A whole number from `low` to `high`. A std::optional has no default; of an integer, its value is the default.
template <class T>
CLI::Option* add_whole(CLI::App& sub, const std::string& names, std::optional<T>& to, std::uint64_t low,
                       std::uint64_t high, const std::string& help) {
  const auto set = [&to, low, high, name = long_name(names)](const std::string& text) {
    to = static_cast<T>(whole_of(text, low, high, name));
  };
  return sub.add_option_function<std::string>(names, set, help)->type_name("N");
}
template <class T>
CLI::Option* add_whole(CLI::App& sub, const std::string& names, T& to, std::uint64_t low, std::uint64_t high,
                       const std::string& help) {
  const auto set = [&to, low, high, name = long_name(names)](const std::string& text) {
    to = static_cast<T>(whole_of(text, low, high, name));
  };
  return sub.add_option_function<std::string>(names, set, help)
      ->type_name("N")
      ->default_str(std::to_string(to));
}

/// A number in a range.
inline CLI::Option* add_number(CLI::App& sub, const std::string& names, std::optional<double>& to,
                               const NumberRange& range, const std::string& help) {
  const auto set = [&to, range, name = long_name(names)](const std::string& text) {
    to = number_of(text, range, name);
  };
  return sub.add_option_function<std::string>(names, set, help)->type_name("X");
}
inline CLI::Option* add_number(CLI::App& sub, const std::string& names, double& to, const NumberRange& range,
                               const std::string& help) {
  const auto set = [&to, range, name = long_name(names)](const std::string& text) {
    to = number_of(text, range, name);
  };
  return sub.add_option_function<std::string>(names, set, help)->type_name("X")->default_str(decimal(to));
}

/// A text that is not empty, as a file's name or names of columns.
inline CLI::Option* add_text(CLI::App& sub, const std::string& names, std::string& to,
                             const std::string& help) {
  const auto full = [name = long_name(names)](const std::string& text) {
    if (text.empty()) throw UsageError(name + " expects a text, but got an empty one");
    return std::string();
  };
  return sub.add_option(names, to, help)->check(CLI::Validator(full, "", "NOT EMPTY"));
}

}  // namespace command
