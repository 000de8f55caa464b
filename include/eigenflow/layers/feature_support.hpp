#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>
#include <tuple>
#include <vector>

#include "eigenflow/authoring/structure.hpp"

namespace eigenflow {

/// The map from a half line to the real line: the logarithm, for positive data over several magnitudes, or the
/// inverse of softplus, which is the identity far from the edge.
enum class HalfLineMap { log, softplus };

/// Their names, in files.
constexpr std::array<std::string_view, 2> names_of(HalfLineMap) {
  return {"log", "softplus"};
}

/// The values that one feature can take: low < x < high, or a circle on which low and high are one point.
struct FeatureSupport {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  HalfLineMap map = HalfLineMap::log;
  bool circle = false;

  static constexpr auto structure() {
    return std::tuple(Option{"low", &FeatureSupport::low}, Option{"high", &FeatureSupport::high},
                      Option{"map", &FeatureSupport::map}, Option{"circle", &FeatureSupport::circle});
  }
};

/// Any number: the feature stays unchanged.
inline FeatureSupport real() {
  return {};
}
/// Between two numbers, by the logit: interval(0, 100) for percentages.
inline FeatureSupport interval(double low, double high) {
  return {low, high};
}
/// Above a number, such as an income above zero.
inline FeatureSupport above(double low, HalfLineMap map = HalfLineMap::log) {
  return {low, std::numeric_limits<double>::infinity(), map};
}
/// Below a number.
inline FeatureSupport below(double high, HalfLineMap map = HalfLineMap::log) {
  return {-std::numeric_limits<double>::infinity(), high, map};
}
/// Above zero.
inline FeatureSupport positive(HalfLineMap map = HalfLineMap::log) {
  return above(0, map);
}
/// On a circle: circle(0, 360) for angles in degrees. Any number is valid, modulo high - low.
inline FeatureSupport circle(double low, double high) {
  return {low, high, HalfLineMap::log, true};
}

/// The features that are circles.
inline std::vector<Eigen::Index> circles_of(const std::vector<FeatureSupport>& features) {
  std::vector<Eigen::Index> circles;
  for (std::size_t j = 0; j < features.size(); ++j)
    if (features[j].circle) circles.push_back(static_cast<Eigen::Index>(j));
  return circles;
}

}  // namespace eigenflow
