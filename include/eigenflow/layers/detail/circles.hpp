#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <string>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/transformer.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/error.hpp"

// Features that are circles, for layers whose transformer supports them. A network gets the cosine of such a feature
// in its own column, and the sine in a column behind all features, so that the network is periodic. Without circles
// none of this is compiled.

namespace eigenflow::detail {

/// Calls body(feature, i) for the circles among the first `seen` features, counted by i.
template <class Transformer, class Body>
constexpr void for_each_circle(const Transformer& transformer, Eigen::Index seen, const Body& body) {
  if constexpr (HasCircles<Transformer>) {
    Eigen::Index i = 0;
    for (const Eigen::Index feature : transformer.circles())
      if (feature < seen) body(feature, i++);
  }
}

/// How many of the first `seen` features are circles.
template <class Transformer>
constexpr Eigen::Index circle_count(const Transformer& transformer, Eigen::Index seen) {
  Eigen::Index count = 0;
  for_each_circle(transformer, seen, [&](Eigen::Index, Eigen::Index) { ++count; });
  return count;
}

/// The transformer of a layer of `dim` features. Throws std::invalid_argument for a circle that is not one of them.
template <class Transformer>
constexpr Transformer with_circles_below(Eigen::Index dim, Transformer transformer) {
  if constexpr (HasCircles<Transformer>)
    for (const Eigen::Index feature : transformer.circles())
      if (feature >= dim)
        reject("feature " + std::to_string(feature) +
               " is to be a circle, but the layer has the features 0 to " + std::to_string(dim - 1));
  return transformer;
}

/// As ", 2 circles"; empty without circles.
template <class Transformer>
std::string circles_text(const Transformer& transformer) {
  if constexpr (HasCircles<Transformer>)
    return ", " + counted(static_cast<Eigen::Index>(transformer.circles().size()), "circle");
  else
    return "";
}

/// Brings the numbers that a conditioner reads into the period of a transformer that has one. The derivative is 1.
template <class Transformer, class Matrix>
void wrap(const Transformer& transformer, Matrix&& features) {
  if constexpr (Wraps<Transformer>)
    for (Eigen::Index j = 0; j < features.cols(); ++j)
      for (const auto step : RowSteps<typename Transformer::Scalar>(features.rows())) {
        auto* const x = features.col(j).data();
        step.store(x, transformer.wrapped(step.load(x)));
      }
}

/// The cosines and sines of N angles; `angle` may be `cosine`.
template <class Scalar>
void angle_to_point(const Scalar* angle, Scalar* cosine, Scalar* sine, Eigen::Index rows) {
  for (Eigen::Index i = 0; i < rows; ++i) {
    const Scalar a = angle[i];
    cosine[i] = std::cos(a);
    sine[i] = std::sin(a);
  }
}

/// Replaces ∂loss/∂cosine of N angles by ∂loss/∂angle, given ∂loss/∂sine.
template <class Scalar>
void point_to_angle_gradient(const Scalar* cosine, const Scalar* sine, Scalar* grad, const Scalar* grad_sine,
                             Eigen::Index rows) {
  for (Eigen::Index i = 0; i < rows; ++i) grad[i] = cosine[i] * grad_sine[i] - sine[i] * grad[i];
}

}  // namespace eigenflow::detail
