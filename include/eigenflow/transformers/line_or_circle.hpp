#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <numbers>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/circles.hpp"
#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/transformer.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/text/name_of.hpp"
#include "eigenflow/transformers/rational_quadratic_spline.hpp"

namespace eigenflow {

/// The options of a spline on the circle: those of the others, with its bound.
inline SplineOptions on_circle(SplineOptions options) {
  options.bound = std::numbers::pi;
  return options;
}

/// One transformer for features that are circles, [-π, π) with its ends joined (Rezende et al., arXiv:2002.02428,
/// section 2.1), and another for real features (Durkan et al., arXiv:1906.04032).
///
/// A layer whose transformer has `circles()` gives its conditioner the cosine and the sine of such a feature instead of
/// the angle, so that the conditioner is continuous at ±π. A circle is rotated first,
///
///   y = c(x + t),   t = a / (1 + |a|/π),   a one more parameter of each circle,
///
/// so that ±π is not a knot of a spline c: at a knot the slope of log p jumps.
template <class Line, class Circle>
class LineOrCircle {
  static_assert(Transformer<Line> && Transformer<Circle>,
                "a LineOrCircle is made of two transformers, one for real features and one for circles");
  static_assert(std::is_same_v<typename Line::Scalar, typename Circle::Scalar>,
                "the two transformers of a LineOrCircle must have the same scalar type");

 public:
  using Scalar = typename Line::Scalar;
  using Indices = Dependent<List<Eigen::Index>, Line>;

  /// `circles` lists the features that are circles, in any order. `circle` must take any angle modulo 2π and map the
  /// circle [-π, π) to itself. Throws std::invalid_argument for a negative feature, for a feature that is listed twice,
  /// and for a spline whose bound is not π.
  constexpr LineOrCircle(Indices circles, Line line, Circle circle)
      : circles_(checked(std::move(circles))), line_(std::move(line)), circle_(std::move(circle)) {
    if constexpr (requires { circle_.bound(); }) check_bound(static_cast<double>(circle_.bound()));
  }

  static std::string tag() {
    return detail::tag_of<Line>("transformer") + " or " + detail::tag_of<Circle>("transformer");
  }
  static LineOrCircle example(Eigen::Index dim, Eigen::Index context_dim) {
    return {{dim - 1}, example_of<Line>(dim, context_dim), Circle(on_circle({}))};
  }
  static constexpr auto structure() requires Structured<Line> && Structured<Circle> {
    return std::tuple(Option{"circles", &LineOrCircle::circles}, Option{"line", &LineOrCircle::line},
                      Option{"circle", &LineOrCircle::circle});
  }
  constexpr const Indices& circles() const { return circles_; }
  const Line& line() const { return line_; }
  const Circle& circle() const { return circle_; }

  constexpr Eigen::Index parameters() const { return std::max(line_.parameters(), rotation() + 1); }
  constexpr Eigen::Index kept() const {
    return std::max({line_.parameters() + line_.kept(), turn_slope() + 1, parameters()}) - parameters();
  }

  template <class Number, class Slots>
  Transformed<Number> forward(Number x, const Slots& slots) const {
    if (!is_circle(slots.feature())) return line_.forward(x, slots);
    const LogScaleAt<Number> t = turn(Number(slots[rotation()]));
    const Transformed<Number> result = circle_.forward(onto_circle(x + t.value), slots);
    slots.set(turn_slope(), t.slope);
    return result;
  }
  template <class Number, class Slots>
  Transformed<Number> inverse(Number y, const Slots& slots) const {
    if (!is_circle(slots.feature())) return line_.inverse(y, slots);
    const LogScaleAt<Number> t = turn(Number(slots[rotation()]));
    Transformed<Number> result = circle_.inverse(y, slots);
    slots.set(turn_slope(), t.slope);
    result.value = onto_circle(result.value - t.value);
    return result;
  }
  template <class Number, class Slots>
  Number forward_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    if (!is_circle(slots.feature()))
      return rest_zero(line_.parameters(), line_.forward_vjp(grad, grad_log_det, slots), slots);
    const Number slope = slots[turn_slope()], grad_x = circle_.forward_vjp(grad, grad_log_det, slots);
    slots.set(rotation(), slope * grad_x);
    return rest_zero(rotation() + 1, grad_x, slots);
  }
  template <class Number, class Slots>
  Number inverse_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    if (!is_circle(slots.feature()))
      return rest_zero(line_.parameters(), line_.inverse_vjp(grad, grad_log_det, slots), slots);
    const Number slope = slots[turn_slope()], grad_y = circle_.inverse_vjp(grad, grad_log_det, slots);
    slots.set(rotation(), -slope * grad);
    return rest_zero(rotation() + 1, grad_y, slots);
  }

 private:
  static constexpr Indices checked(Indices circles) {
    detail::check_circles(circles, Eigen::Dynamic);
    return circles;
  }

  static constexpr void check_bound(double bound) {
    const double off = bound - std::numbers::pi;
    if (off > 1e-6 || off < -1e-6)
      detail::reject("a circle is [-pi, pi), but its spline has the bound " + detail::decimal(bound) +
                     ": make its options with on_circle");
  }

  bool is_circle(Eigen::Index feature) const {
    return std::find(circles_.begin(), circles_.end(), feature) != circles_.end();
  }

  // The slot of a. The transformer of the circle may reuse it after a is read; dt/da follows its kept values.
  constexpr Eigen::Index rotation() const { return circle_.parameters(); }
  constexpr Eigen::Index turn_slope() const { return circle_.parameters() + circle_.kept(); }

  // In [-π, π), NaN if x is not finite. The clamp is for an x so large that rounding would leave the circle.
  template <class Number>
  static Number onto_circle(Number x) {
    const Number pi(std::numbers::pi_v<Scalar>), period = pi + pi;
    const Number within = min(max(x - period * floor(x / period + Number(Scalar(0.5))), -pi), pi);
    return select(within < pi, within, -pi) + (x - x);
  }

  // Parameters that only the other transformer has are not read.
  template <class Number, class Slots>
  Number rest_zero(Eigen::Index used, Number result, const Slots& slots) const {
    for (Eigen::Index k = used; k < parameters(); ++k) slots.set(k, Number(0));
    return result;
  }

  // Bounded, so that a large a does not reduce the precision of the angle.
  static constexpr SoftClip turn{std::numbers::pi};

  Indices circles_;
  [[no_unique_address]] Line line_;
  [[no_unique_address]] Circle circle_;
};

/// Splines for both, with the same bins: linear tails for real features, periodic for circles.
template <class Scalar, class SlopeMap = SoftClip>
using CircularSpline = LineOrCircle<RationalQuadraticSpline<Scalar, SplineTails::linear, SlopeMap>,
                                    RationalQuadraticSpline<Scalar, SplineTails::periodic, SlopeMap>>;

/// A CircularSpline from the list of circles: circular_spline<double>({2}, {.bins = 12}).
template <class Scalar>
CircularSpline<Scalar> circular_spline(List<Eigen::Index> circles, const SplineOptions& options = {}) {
  return {std::move(circles), options, on_circle(options)};
}

}  // namespace eigenflow
