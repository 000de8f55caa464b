#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/io/json.hpp"
#include "eigenflow/text/error.hpp"

// The functions of json.hpp that need nlohmann/json.

namespace eigenflow::io {

namespace detail {

/// Builds a Value of what the parser meets. It stops, with a message, at what a model file never has: a nesting
/// of more than 64, a name twice in one object, null, an integer of more than 63 bits, or values that take more
/// memory than `most` bytes.
class ValueBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  static constexpr std::size_t deepest = 64;
  /// Takes an entry of the outermost object, which need not stay in memory.
  using Take = std::function<void(std::string name, Value value)>;

  explicit ValueBuilder(std::size_t most, Take take_entry = {})
      : most_(most), take_entry_(std::move(take_entry)) {}

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
  bool string(string_t& value) override {
    value.shrink_to_fit();  // the parser's buffer has room for twice as much
    used_ += block + sizeof(std::string) + heap(value);
    return add(Value(std::move(value)));
  }
  bool binary(binary_t&) override { return stop("has binary data"); }
  bool start_object(std::size_t) override { return open(Value(Value::Object{})); }
  bool start_array(std::size_t) override { return open(Value(Value::List{})); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    Level& level = open_.back();
    level.name.assign(name);
    if (hands_over()) return true;  // who takes the entries knows their names
    if (!level.names.insert(name).second) return stop("has the entry \"" + name + "\" twice");
    level.names_used += node + heap(name);
    used_ += node + 2 * heap(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return stop("is not JSON: the error is at character " + std::to_string(position));
  }

 private:
  using Entry = Value::Object::value_type;
  struct Level {
    Value* value;
    std::string name = {};             // of the entry that follows
    std::set<std::string> names = {};  // met so far
    std::size_t names_used = 0;
  };

  // What the heap adds to a block, a set to an element, and a list that grows to its elements: twice their number
  // while the old ones are still there.
  static constexpr std::size_t block = 16, node = block + 32 + sizeof(std::string), growth = 3;

  static std::size_t heap(const std::string& text) { return text.size() < 16 ? 0 : text.size() + block; }
  template <class Elements>
  static std::size_t size_of(const Elements& elements) {
    return elements.size() * sizeof(typename Elements::value_type);
  }

  bool hands_over() const { return take_entry_ && open_.size() == 1; }
  bool stop(std::string why) {
    problem_ = std::move(why);
    return false;
  }
  Value* place(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (auto* list = open_.back().value->as<Value::List>()) {
      used_ += growth * sizeof(Value);
      return &list->emplace_back(std::move(value));
    }
    used_ += growth * sizeof(Entry);
    auto* object = open_.back().value->as<Value::Object>();
    return &object->emplace_back(std::move(open_.back().name), std::move(value)).second;
  }
  bool add(Value value) {
    place(std::move(value));
    return placed();
  }
  bool open(Value value) {
    if (open_.size() >= deepest) return stop("is nested more than " + std::to_string(deepest) + " deep");
    used_ += block + sizeof(Value::List);
    open_.push_back({place(std::move(value))});
    return within();
  }
  bool close() {
    const auto trim = [&](auto& elements) {
      elements.shrink_to_fit();
      used_ -= (growth - 1) * size_of(elements);
    };
    if (auto* list = open_.back().value->as<Value::List>())
      trim(*list);
    else
      trim(*open_.back().value->as<Value::Object>());
    used_ -= open_.back().names_used;
    open_.pop_back();
    return placed();
  }
  bool placed() {
    auto* const entries = hands_over() ? open_.back().value->as<Value::Object>() : nullptr;
    if (!within() || !entries) return problem_.empty();
    Entry entry = std::move(entries->back());
    entries->pop_back();
    used_ = 0;
    take_entry_(std::move(entry.first), std::move(entry.second));
    return true;
  }
  bool within() {
    return used_ <= most_ || stop("has more values than a file of its size should: " + std::to_string(used_) +
                                  " bytes of memory would not hold them");
  }

  std::size_t most_;
  Take take_entry_;
  std::size_t used_ = 0;  // bytes of memory, roughly
  Value root_{false};
  std::vector<Level> open_;  // parents stay where they are while a child is open
  std::string problem_;
};

/// Parses a text into a builder. Throws std::invalid_argument, with `what` as its subject.
inline void parse(std::string_view text, const std::string& what, ValueBuilder& builder) {
  // The parser's own message repeats the white space before a mistake, eight characters for a line's end.
  constexpr std::size_t most = 4096;
  std::size_t blanks = 0;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > ' ')
      blanks = 0;
    else if (c != ' ' && ++blanks > most)
      eigenflow::detail::reject(what + " has more than " + std::to_string(most) +
                                " ends of lines or tabs in a row");
  }
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    eigenflow::detail::reject(what + ' ' + builder.problem());
}

EIGENFLOW_IO_INLINE std::string quoted(const std::string& text) {
  using nlohmann::json;
  // What is not UTF-8 is left out here, and found missing: a file with it could be written, but never read.
  std::string result = json(text).dump(-1, ' ', false, json::error_handler_t::ignore);
  if (json::parse(result) != text)
    eigenflow::detail::reject("a text of a model file should be UTF-8, but " + result +
                              " stands for one that is not: convert it");
  return result;
}

}  // namespace detail

EIGENFLOW_IO_INLINE Value parse_json(std::string_view text, const std::string& what, std::size_t most) {
  detail::ValueBuilder builder(most);
  detail::parse(text, what, builder);
  return builder.take();
}

EIGENFLOW_IO_INLINE void parse_json_entries(std::string_view text, const std::string& what,
                                            const std::function<void(std::string name, Value value)>& take) {
  detail::ValueBuilder builder(detail::most_memory(text.size()), take);
  detail::parse(text, what, builder);
  if (!builder.take().as<Value::Object>()) eigenflow::detail::reject(what + " should be a JSON object");
}

}  // namespace eigenflow::io
