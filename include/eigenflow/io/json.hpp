#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/error.hpp"

// A structure as JSON and back. Numbers that JSON lacks are the strings "inf" and "-inf".

namespace eigenflow::io {

namespace detail {

/// Builds a Value of what the parser meets. It stops, with a sentence, at what a model file never has: a nesting
/// of more than 64, a name twice in one object, null, an integer of more than 63 bits.
class ValueBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  static constexpr std::size_t deepest = 64;

  Value take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

  bool null() override { return stop("has a null, where a value should be"); }
  bool boolean(bool value) override { return add(Value(value)); }
  bool number_integer(number_integer_t value) override {
    return add(Value(static_cast<std::int64_t>(value)));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
      return stop("has an integer that is too large, " + std::to_string(value));
    return add(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(Value(value)); }
  bool string(string_t& value) override { return add(Value(std::move(value))); }
  bool binary(binary_t&) override { return stop("has binary data"); }
  bool start_object(std::size_t) override { return open(Value(Value::Object{})); }
  bool start_array(std::size_t) override { return open(Value(Value::List{})); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (!open_.back().names.insert(name).second) return stop("has the entry \"" + name + "\" twice");
    open_.back().name = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return stop("is no JSON: it goes wrong at character " + std::to_string(position));
  }

 private:
  struct Level {
    Value* value;
    std::string name = {};             // of the entry that follows
    std::set<std::string> names = {};  // met so far
  };

  bool stop(std::string why) {
    problem_ = std::move(why);
    return false;
  }
  Value* place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (auto* list = open_.back().value->as<Value::List>()) return &list->emplace_back(std::move(value));
    auto* object = open_.back().value->as<Value::Object>();
    return &object->emplace_back(std::move(open_.back().name), std::move(value)).second;
  }
  bool add(Value value) {
    place(std::move(value));
    return true;
  }
  bool open(Value value) {
    if (open_.size() >= deepest) return stop("is nested more than " + std::to_string(deepest) + " deep");
    open_.push_back({place(std::move(value))});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Value root_{false};
  std::vector<Level> open_;  // parents stay where they are while a child is open
  std::string problem_;
};

inline void write_string(const std::string& text, std::string& out) {
  using nlohmann::json;
  // What is not UTF-8 is left out here, and found missing: a file with it could be written, but never read.
  const std::string quoted = json(text).dump(-1, ' ', false, json::error_handler_t::ignore);
  if (json::parse(quoted) != text)
    eigenflow::detail::reject("a text of a model file should be UTF-8, but " + quoted +
                              " stands for one that is not: convert it");
  out += quoted;
}

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
    write_string(*text, out);
  else if (const Value::List* list = value.as<Value::List>())
    each(*list, '[', ']', [&](const Value& one) { write_json(one, out); });
  else
    each(*value.as<Value::Object>(), '{', '}', [&](const auto& entry) {
      write_string(entry.first, out);
      out += ": ";
      write_json(entry.second, out);
    });
}

}  // namespace detail

inline std::string to_json(const Value& value) {
  std::string text;
  detail::write_json(value, text);
  return text;
}

/// Throws std::invalid_argument, with `what` as its subject ("the header"), for what is no JSON of a model file.
inline Value parse_json(std::string_view text, const std::string& what) {
  detail::ValueBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    eigenflow::detail::reject(what + ' ' + builder.problem());
  return builder.take();
}

}  // namespace eigenflow::io
