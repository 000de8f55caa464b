#pragma once

#include <numbers>

#include "eigenflow/lanes.hpp"

namespace eigenflow {

/// A log-scale s of a free number a, bounded smoothly so that eˢ lies between 10^-Decades and 10^Decades:
/// s = a / (1 + |a|/c), c = Decades · ln 10, with slope 1 at zero. (An unbounded log-scale overflows in
/// training, and a hard clamp kills its gradient.)
template <int Decades>
struct SoftBound {
  static constexpr double bound = Decades * std::numbers::ln10;

  template <class Number>
  struct At {
    Number value;
    Number slope;
  };

  template <class Number>
  At<Number> operator()(Number a) const {
    using Scalar = typename Number::Scalar;
    const Number one(1), ratio = one / (one + abs(a) * Number(static_cast<Scalar>(1 / bound)));
    return {a * ratio, ratio * ratio};
  }
};

}  // namespace eigenflow
