#pragma once

#include <Eigen/Core>

#include "eigenflow/concepts/transformer.hpp"

namespace eigenflow {

/// y = x + t: the additive coupling of NICE (Dinh, Krueger
/// & Bengio, arXiv:1410.8516, eq. 7). Volume-preserving.
template <class Scalar_>
struct Shift {
  using Scalar = Scalar_;

  static constexpr const char* tag() { return "shift"; }
  static constexpr Eigen::Index parameters() { return 1; }
  static constexpr Eigen::Index kept() { return 0; }

  template <class Number, class Slots>
  Transformed<Number> forward(Number x, const Slots& slots) const {
    return {x + slots[0], Number(0)};
  }
  template <class Number, class Slots>
  Transformed<Number> inverse(Number y, const Slots& slots) const {
    return {y - slots[0], Number(0)};
  }
  template <class Number, class Slots>
  Number forward_vjp(Number grad, Number, const Slots& slots) const {
    slots.set(0, grad);
    return grad;
  }
  template <class Number, class Slots>
  Number inverse_vjp(Number grad, Number, const Slots& slots) const {
    slots.set(0, -grad);
    return grad;
  }
};

}  // namespace eigenflow
