#pragma once

#include <concepts>

#include "eigenflow/lanes.hpp"

namespace eigenflow {

/// A log-scale s of a free number a, bounded smoothly: s = a / (1 + |a|/B), |s| < B, with slope 1 at zero.
/// (An unbounded log-scale overflows in training, and a hard clamp kills its gradient.)
template <int Bound>
struct SoftBound {
  static_assert(Bound > 0, "a log-scale is bounded by a positive number");

  template <class Number>
  struct At {
    Number value;
    Number slope;
  };

  template <class Number>
  At<Number> operator()(Number a) const {
    using Scalar = typename Number::Scalar;
    const Number one(1), ratio = one / (one + abs(a) * Number(Scalar(1) / Scalar(Bound)));
    return {a * ratio, ratio * ratio};
  }
  /// For one number.
  template <std::floating_point Scalar>
  At<Scalar> operator()(Scalar a) const {
    const auto at = (*this)(Lanes<Scalar, false>(a));
    return {at.value.value, at.slope.value};
  }
};

}  // namespace eigenflow
