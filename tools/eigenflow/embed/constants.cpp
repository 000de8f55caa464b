#include "embed/constants.hpp"

#include <cmath>
#include <cstdio>

namespace command {

std::string literal(double value, bool is_float) {
  if (std::isinf(value))
    return std::string(value < 0 ? "-" : "") + "std::numeric_limits<" + (is_float ? "float" : "double") +
           ">::infinity()";
  char text[40];
  std::snprintf(text, sizeof text, "%a", value);
  return text + std::string(is_float ? "f" : "");
}

std::string braces(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + '}';
}

std::string Constants::number(double value) const {
  return literal(is_float_ ? static_cast<double>(static_cast<float>(value)) : value, is_float_);
}

std::string Constants::array(const std::string& type, const std::string& items) {
  if (items == "{}") return items;  // C++ has no array of nothing
  const auto [found, is_new] = names_.emplace(type + items, "constants_" + std::to_string(names_.size()));
  if (is_new) text_ += "inline constexpr " + type + ' ' + found->second + "[] = " + items + ";\n";
  return found->second;
}

std::string Constants::indices(const std::vector<Eigen::Index>& list) {
  return array("Eigen::Index", list_of(list, [](Eigen::Index i) { return std::to_string(i); }));
}

}  // namespace command
