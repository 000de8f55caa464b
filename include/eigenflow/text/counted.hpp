#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string>

namespace eigenflow::detail {

/// As "1 feature", "3 features" or "1,000 features".
inline std::string counted(Eigen::Index count, const std::string& thing) {
  std::string digits = std::to_string(count);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), 1, ',');
  return digits + ' ' + thing + (count == 1 ? "" : "s");
}

}  // namespace eigenflow::detail
