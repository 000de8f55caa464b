#pragma once

#include <limits>
#include <tuple>

#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

// The functions h of a planar layer. Your own h is a small class like these, written for any number type `Number`
// (see authoring/lanes.hpp) with + - * / and exp, log, sqrt, abs, tanh, select...

namespace eigenflow {

/// The values of a monotone h at a point that map, log-det, inverse and gradients need. M = max_slope().
template <class Number>
struct MonotoneAt {
  Number value;       ///< h(a)
  Number slope;       ///< h'(a) / M, in [0, 1]
  Number complement;  ///< 1 - h'(a) / M, computed without cancellation
  Number curvature;   ///< h''(a) / M
};

/// h(a) = tanh(a).
struct Tanh {
  static constexpr const char* tag() { return "tanh"; }
  static constexpr double max_slope() { return 1; }
  static constexpr double min_slope() { return 0; }
  static constexpr double bound() { return 1; }  // sup |h(a) - h(0)|

  template <class Number>
  MonotoneAt<Number> operator()(Number a) const {
    const auto [value, slope] = tanh_and_slope(a);
    return {value, slope, value * value, Number(-2) * value * slope};
  }
};

namespace detail {

/// Returns h. Throws std::invalid_argument unless its slopes are not negative and bounded.
template <class Monotone>
constexpr Monotone checked_monotone(Monotone h) {
  const double least = h.min_slope(), most = h.max_slope();
  if (!(least >= 0 && least <= most && most > 0) || !is_finite(most))
    reject(
        "a monotone function h needs slopes of 0 or more and a finite largest slope, but its slopes are "
        "from " +
        detail::decimal(least) + " to " + detail::decimal(most));
  return h;
}

}  // namespace detail

/// h(a) = a / (1 + |a|): it approaches its bounds more slowly than tanh.
struct Softsign {
  static constexpr const char* tag() { return "softsign"; }
  static constexpr double max_slope() { return 1; }
  static constexpr double min_slope() { return 0; }
  static constexpr double bound() { return 1; }

  template <class Number>
  MonotoneAt<Number> operator()(Number a) const {
    const Number one(1), size = abs(a), ratio = one / (one + size), value = a * ratio;
    const Number bend = Number(2) * ratio * ratio * ratio;
    return {value, ratio * ratio, size * ratio * (one + ratio), select(a < Number(0), bend, -bend)};
  }
};

/// h(a) = a for a > 0, slope · a below, with 0 < slope < 1: piecewise linear.
struct LeakyRelu {
  double negative_slope = 0.1;

  static constexpr auto structure() {
    return std::tuple(Option{"negative_slope", &LeakyRelu::negative_slope});
  }

  static constexpr const char* tag() { return "leaky_relu"; }
  static constexpr double max_slope() { return 1; }
  constexpr double min_slope() const { return negative_slope; }
  static constexpr double bound() { return std::numeric_limits<double>::infinity(); }

  template <class Number>
  MonotoneAt<Number> operator()(Number a) const {
    using Scalar = typename Number::Scalar;
    const Number low(static_cast<Scalar>(negative_slope)), one(1), zero(0);
    const auto positive = a > zero;
    return {select(positive, a, low * a), select(positive, one, low), select(positive, zero, one - low),
            zero};
  }
};

}  // namespace eigenflow
