#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string>

#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// Throws std::invalid_argument unless each circle is a feature and listed once. `dim` is the number of
/// features, or Eigen::Dynamic if it is not known yet.
template <class Indices>
constexpr void check_circles(const Indices& circles, Eigen::Index dim) {
  const bool known = dim != Eigen::Dynamic;
  for (std::size_t i = 0; i < circles.size(); ++i) {
    if (circles[i] < 0 || (known && circles[i] >= dim))
      reject("feature " + std::to_string(circles[i]) + " is to be a circle, but " +
             (known ? "the features go from 0 to " + std::to_string(dim - 1)
                    : std::string("features are counted from 0")));
    for (std::size_t k = 0; k < i; ++k)
      if (circles[k] == circles[i])
        reject("feature " + std::to_string(circles[i]) + " is named twice among the circles: name it once");
  }
}

}  // namespace eigenflow::detail
