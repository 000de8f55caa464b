#pragma once

#include <cstdio>
#include <string>

namespace eigenflow::detail {

/// A number for a message, of any size: "0.5", "1e-09", "inf".
inline std::string decimal(long double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%Lg", value);
  return text;
}

}  // namespace eigenflow::detail
