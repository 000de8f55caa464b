#pragma once

#include <cmath>
#include <cstdio>
#include <string>

namespace command {

/// A number as a literal of C++ that has its bits.
inline std::string literal(double value, bool is_float) {
  if (std::isinf(value))
    return std::string(value < 0 ? "-" : "") + "std::numeric_limits<" + (is_float ? "float" : "double") +
           ">::infinity()";
  char text[40];
  std::snprintf(text, sizeof text, "%a", value);
  return text + std::string(is_float ? "f" : "");
}

}  // namespace command
