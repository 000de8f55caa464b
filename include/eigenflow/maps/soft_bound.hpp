#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numbers>
#include <tuple>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// A log-scale s of a free number a, and ds/da.
template <class Number>
struct LogScaleAt {
  Number value;
  Number slope;
};

/// s = a / (1 + |a|/B): bounded smoothly, |s| < B, with slope 1 at zero and a gradient everywhere. (An unbounded
/// log-scale overflows in training, and a hard clamp has a gradient of zero.) B is ln 1000 by default, as in zuko.
class SoftClip {
 public:
  constexpr explicit SoftClip(double bound = 3 * std::numbers::ln10)
      : bound_(bound), inverse_bound_(1 / bound) {
    if (!(bound > 0)) detail::reject("a soft clip needs a positive bound, but got " + detail::decimal(bound));
  }

  static constexpr const char* tag() { return "soft clip"; }
  constexpr double bound() const { return bound_; }
  static constexpr auto structure() { return std::tuple(Option{"bound", &SoftClip::bound}); }

  template <class Number>
  LogScaleAt<Number> operator()(Number a) const {
    using Scalar = typename Number::Scalar;
    const Number one(1), ratio = one / (one + abs(a) * Number(static_cast<Scalar>(inverse_bound_)));
    return {a * ratio, ratio * ratio};
  }
  /// For one number.
  template <std::floating_point Scalar>
  LogScaleAt<Scalar> operator()(Scalar a) const {
    const auto at = (*this)(Lanes<Scalar, false>(a));
    return {at.value.value, at.slope.value};
  }

  /// The free number of a log-scale, which is at most .999 of the bound.
  double inverse(double s) const {
    constexpr double most = 0.999;
    const double share = std::clamp(s / bound_, -most, most);
    return bound_ * share / (1 - std::abs(share));
  }

 protected:
  constexpr SoftClip(double bound, double inverse_bound) : bound_(bound), inverse_bound_(inverse_bound) {}

 private:
  double bound_;
  double inverse_bound_;
};

/// A SoftClip whose bound is part of its type.
template <int Bound>
struct SoftBound : SoftClip {
  static_assert(Bound > 0, "a log-scale is bounded by a positive number");
  constexpr SoftBound() : SoftClip(Bound, 1.0 / Bound) {}
};

}  // namespace eigenflow
