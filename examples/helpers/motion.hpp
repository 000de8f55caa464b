#pragma once

#include <Eigen/Core>
#include <cmath>
#include <eigenflow/eigenflow.hpp>
#include <vector>

#include "picture/picture.hpp"

namespace helpers {

/// Where latent points are after the last `count` layers of a stack, those next to the base. theta holds the
/// parameters layer by layer, so its tail is a flow of these layers.
template <class Layer>
Eigen::MatrixX2<typename Layer::Scalar> after_layers(const eigenflow::Flow<eigenflow::Stack<Layer>>& flow,
                                                     Eigen::Index count,
                                                     const Eigen::MatrixX2<typename Layer::Scalar>& z) {
  if (count == 0) return z;
  eigenflow::Rng unused(1);
  eigenflow::Flow last{eigenflow::Stack<Layer>(count), unused};
  last.set_parameters(flow.parameters().tail(last.parameters().size()));
  return last.inverse(z).x;
}

/// A colour for each point: its direction from the origin.
template <class Points>
std::vector<picture::Rgb> colours_by_direction(const Points& points) {
  std::vector<picture::Rgb> colours;
  for (const auto& point : points.rowwise())
    colours.push_back(
        picture::angle_colour(std::atan2(static_cast<double>(point.y()), static_cast<double>(point.x()))));
  return colours;
}

}  // namespace helpers
