#pragma once

#include <cstdio>
#include <string>

namespace eigenflow::detail {

/// A number as a sentence has it, however large or small: "0.5", "1e-09", "inf".
inline std::string decimal(long double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%Lg", value);
  return text;
}

}  // namespace eigenflow::detail
