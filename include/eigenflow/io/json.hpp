#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/error.hpp"

// A structure as JSON and back. Numbers that JSON lacks are the strings "inf" and "-inf".

// What needs nlohmann/json is in eigenflow::compiled_io where that target is linked, else in detail/json_parser.hpp.
#ifdef EIGENFLOW_COMPILED_IO
#define EIGENFLOW_IO_INLINE
#else
#define EIGENFLOW_IO_INLINE inline
#endif

namespace eigenflow::io {

namespace detail {

/// The memory that the values of a text may take. Those of a model file take two to eight bytes for one.
constexpr std::size_t most_memory(std::size_t bytes) {
  return 7 * bytes + (std::size_t{8} << 20);
}

/// A text in quotes, as JSON has it. Throws std::invalid_argument for one that is not UTF-8.
EIGENFLOW_IO_INLINE std::string quoted(const std::string& text);

inline void write_real(double value, std::string& out) {
  if (std::isnan(value))
    eigenflow::detail::reject("a model file holds no NaN: a number of this model's structure is one");
  if (!eigenflow::detail::is_finite(value)) {
    out += std::signbit(value) ? "\"-inf\"" : "\"inf\"";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);  // the shortest that reads back as itself
  const std::string_view digits(text, static_cast<std::size_t>(end.ptr - text));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";  // a real number, not an integer
}

inline void write_json(const Value& value, std::string& out) {
  const auto each = [&](const auto& all, char first, char last, const auto& write) {
    out += first;
    bool begun = false;
    for (const auto& one : all) {
      if (std::exchange(begun, true)) out += ", ";
      write(one);
    }
    out += last;
  };
  if (const bool* flag = value.as<bool>())
    out += *flag ? "true" : "false";
  else if (const std::int64_t* integer = value.as<std::int64_t>())
    out += std::to_string(*integer);
  else if (const double* real = value.as<double>())
    write_real(*real, out);
  else if (const std::string* text = value.as<std::string>())
    out += quoted(*text);
  else if (const Value::List* list = value.as<Value::List>())
    each(*list, '[', ']', [&](const Value& one) { write_json(one, out); });
  else
    each(*value.as<Value::Object>(), '{', '}', [&](const auto& entry) {
      out += quoted(entry.first) + ": ";
      write_json(entry.second, out);
    });
}

}  // namespace detail

inline std::string to_json(const Value& value) {
  std::string text;
  detail::write_json(value, text);
  return text;
}

/// Throws std::invalid_argument unless a model file can hold this text: it should be UTF-8. `save` checks all texts;
/// check those that you know beforehand, names of columns for example, before you train.
inline void check_text(const std::string& text) {
  detail::quoted(text);
}

/// Throws std::invalid_argument, with `what` as its subject ("the header"), for what is no JSON of a model file, and for
/// values that take more than `most` bytes of memory.
EIGENFLOW_IO_INLINE Value parse_json(std::string_view text, const std::string& what, std::size_t most);
inline Value parse_json(std::string_view text, const std::string& what) {
  return parse_json(text, what, detail::most_memory(text.size()));
}

/// Parses an object entry by entry: calls take(name, value) for each, and keeps none. Names may come twice. Throws
/// like parse_json.
EIGENFLOW_IO_INLINE void parse_json_entries(std::string_view text, const std::string& what,
                                            const std::function<void(std::string name, Value value)>& take);

}  // namespace eigenflow::io

#ifndef EIGENFLOW_COMPILED_IO
#include "eigenflow/io/detail/json_parser.hpp"
#endif
