#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "text.hpp"

// The header of an .npy file, a literal of Python: {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }.

namespace table {

/// A value of Python: a string, a number, True or False, None, a tuple or list, or a dictionary with strings as keys.
struct PythonLiteral {
  enum class Kind { none, boolean, number, string, list, dictionary };
  Kind kind = Kind::none;
  Eigen::Index number = 0;  ///< of a boolean 0 or 1
  std::string text = {};
  std::vector<PythonLiteral> items = {};  ///< of a list, or the values of a dictionary
  std::vector<std::string> keys = {};

  /// The value of a key, the last one as in Python; nothing where it is not there.
  const PythonLiteral* find(std::string_view key) const {
    for (std::size_t i = keys.size(); i-- > 0;)
      if (keys[i] == key) return &items[i];
    return nullptr;
  }
};

/// Throws std::invalid_argument for what is none.
class PythonParser {
 public:
  explicit PythonParser(std::string_view text) : rest_(text) {}

  PythonLiteral parse() {
    PythonLiteral value = parse_value(0);
    skip_blanks();
    if (!rest_.empty()) refuse();
    return value;
  }

 private:
  using Kind = PythonLiteral::Kind;

  [[noreturn]] void refuse() const {
    throw std::invalid_argument("has a header that is not a Python dictionary, from " + shown(rest_));
  }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n\f"), rest_.size())); }
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  PythonLiteral parse_value(int depth) {
    skip_blanks();
    if (depth > 32) refuse();
    if (take("True")) return {.kind = Kind::boolean, .number = 1};
    if (take("False")) return {.kind = Kind::boolean};
    if (take("None")) return {};
    if (take("(")) return parse_items(')', depth);
    if (take("[")) return parse_items(']', depth);
    if (take("{")) return parse_dictionary(depth);
    if (rest_.starts_with('-') || (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'))
      return parse_number();
    return {.kind = Kind::string, .text = parse_string()};
  }

  PythonLiteral parse_number() {
    PythonLiteral value{.kind = Kind::number};
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value.number);
    if (error != std::errc()) refuse();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    take("L");  // a long number of Python 2
    return value;
  }

  std::string parse_string() {
    for (const char* const prefix : {"u", "b"})
      if (rest_.size() > 1 && (rest_[1] == '\'' || rest_[1] == '"') && take(prefix)) break;
    const char quote = rest_.empty() ? '\0' : rest_.front();
    if (quote != '\'' && quote != '"') refuse();
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return text;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      text += rest_[i];
    }
    refuse();
  }

  // (1) is 1, as in Python, but a list of one is a list.
  PythonLiteral parse_items(char end, int depth) {
    PythonLiteral list{.kind = Kind::list};
    bool comma = end == ']';
    for (;;) {
      skip_blanks();
      if (take({&end, 1})) break;
      list.items.push_back(parse_value(depth + 1));
      skip_blanks();
      if (take(",")) {
        comma = true;
      } else {
        if (!take({&end, 1})) refuse();
        break;
      }
    }
    if (!comma && list.items.size() == 1) return PythonLiteral(list.items.front());
    return list;
  }

  PythonLiteral parse_dictionary(int depth) {
    PythonLiteral dictionary{.kind = Kind::dictionary};
    for (;;) {
      skip_blanks();
      if (take("}")) return dictionary;
      dictionary.keys.push_back(parse_string());
      skip_blanks();
      if (!take(":")) refuse();
      dictionary.items.push_back(parse_value(depth + 1));
      skip_blanks();
      if (take(",")) continue;
      if (!take("}")) refuse();
      return dictionary;
    }
  }

  std::string_view rest_;
};

/// What an array is made of.
struct NpyHeader {
  std::string type;  ///< as '<f8'
  bool fortran = false;
  std::vector<Eigen::Index> shape;

  /// As Python writes it.
  std::string shape_text() const {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
    return text + (shape.size() == 1 ? ",)" : ")");
  }
};

/// Throws std::invalid_argument that says what is wrong.
inline NpyHeader parse_npy_header(std::string_view text) {
  using Kind = PythonLiteral::Kind;
  const PythonLiteral header = PythonParser(text).parse();
  const auto entry = [&](const char* key, Kind kind) -> const PythonLiteral& {
    const PythonLiteral* const value = header.find(key);
    if (!value || value->kind != kind)
      throw std::invalid_argument(std::string("has a header ") + (value ? "with a strange " : "without ") +
                                  key);
    return *value;
  };
  if (header.kind != Kind::dictionary)
    throw std::invalid_argument("has a header that is not a Python dictionary");
  NpyHeader result;
  if (const PythonLiteral* const type = header.find("descr"); type && type->kind == Kind::list)
    throw std::invalid_argument(
        "holds records of several fields, but numbers of one type are read: save them as "
        "one array of float64");
  result.type = entry("descr", Kind::string).text;
  result.fortran = entry("fortran_order", Kind::boolean).number == 1;
  for (const PythonLiteral& side : entry("shape", Kind::list).items) {
    if (side.kind != Kind::number || side.number < 0) throw std::invalid_argument("has a strange shape");
    result.shape.push_back(side.number);
  }
  return result;
}

}  // namespace table
