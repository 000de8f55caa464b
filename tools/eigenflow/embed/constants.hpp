#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <vector>

// Numbers, lists and arrays as C++.

namespace command {

/// A number as a literal that has its bits.
std::string literal(double value, bool is_float = false);

/// As "{a, b}".
std::string braces(const std::vector<std::string>& items);
template <class List, class Write>
std::string list_of(const List& list, const Write& write) {
  std::vector<std::string> items;
  for (const auto& item : list) items.push_back(write(item));
  return braces(items);
}

/// The arrays that the parts of an embedded flow refer to, in its scalar type.
class Constants {
 public:
  explicit Constants(bool is_float) : is_float_(is_float) {}

  std::string scalar() const { return is_float_ ? "float" : "double"; }
  /// A literal of the scalar type.
  std::string number(double value) const;

  /// The name of an array of that type; one of the same content is there once.
  std::string array(const std::string& type, const std::string& items);
  std::string indices(const std::vector<Eigen::Index>& list);

  /// Their definitions.
  const std::string& text() const { return text_; }

 private:
  bool is_float_;
  std::map<std::string, std::string> names_;
  std::string text_;
};

}  // namespace command
