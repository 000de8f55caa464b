#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenflow/maps/monotone.hpp"
#include "eigenflow/numerics/finite.hpp"

namespace eigenflow::detail {

/// √(ab) with the common sign of a and b; zero only if both are zero.
template <class Number>
Number geometric_mean(Number a, Number b) {
  const Number smallest(std::numeric_limits<typename Number::Scalar>::min());
  const Number size = sqrt(max(abs(a), smallest)) * sqrt(max(abs(b), smallest));
  return select(min(a, b) < Number(0), -size, size);
}

/// The v with v + k h(v) = τ, k = (s - 1)/M, for a batch of τ at once: Newton
/// steps inside a bracket that bisection shrinks whenever they are slow, so that
/// every lane converges for every s > 0 (Press et al., Numerical Recipes, 9.4).
///
/// The bracket follows from the slopes of g(v) = v + k h(v): with t = τ - k h(0), v has the sign of t and
/// lies between |t| / max g' and |t| / min g', and no further than |k| sup|h - h(0)| from t.
template <class Monotone, class Scalar, bool Packed>
Lanes<Scalar, Packed> planar_root(const Monotone& h, Scalar s, Lanes<Scalar, Packed> tau) {
  using Number = Lanes<Scalar, Packed>;
  constexpr int most_steps = 200;
  const Scalar max_slope = static_cast<Scalar>(h.max_slope());
  const Scalar k = (s - 1) / max_slope;
  const Scalar one_end = 1 + k * static_cast<Scalar>(h.min_slope()), steepest = std::max(one_end, s);
  const Scalar flattest = std::min(one_end, s);
  const Number zero(0), half(Scalar(0.5));

  const Number target = tau - Number(k) * h(zero).value, size = abs(target);
  const Number near = size / Number(steepest);
  Number far = size / Number(flattest);
  const bool bounded = is_finite(h.bound());
  if (bounded) far = min(far, size + Number(std::abs(k) * static_cast<Scalar>(h.bound())));
  const auto negative = target < zero;
  Number low = select(negative, -far, near), high = select(negative, -near, far);

  // g is convex on one side of zero and concave on the other: from this end Newton does not overshoot.
  Number v = select(negative, k < 0 ? low : high, k < 0 ? high : low);
  Number step = high - low;
  // A lane that has converged stays, so that its root does not depend on the other lanes.
  auto active = zero <= zero;
  for (int i = 0; i < most_steps; ++i) {
    const MonotoneAt<Number> at = h(v);
    // v + k h(v) = (v - h/M) + s h/M; the second form does not lose a small s beside v.
    const Number value = at.value * Number(1 / max_slope);
    const Number g = fma(Number(s), value, (v - value) - tau),
                 slope = fma(Number(s), at.slope, at.complement);
    low = select(g < zero, v, low);
    high = select(g > zero, v, high);
    Number middle = low + half * (high - low);
    // If h is unbounded, the ends may differ by hundreds of powers of two: halve the exponent first.
    if (!bounded)
      middle = select(abs(middle) > Number(16) * min(abs(low), abs(high)), geometric_mean(low, high), middle);
    const Number newton = g / slope, guess = v - newton;
    const auto good = (guess >= low) & (guess <= high) & (abs(newton + newton) <= abs(step));
    const Number next = select(good, guess, middle);
    step = next - v;
    v = select(active, next, v);
    const Number resolution = Number(2 * std::numeric_limits<Scalar>::epsilon()) * abs(v);
    active = active & (abs(step) > resolution) & (abs(g) > zero);
    if (!any(active)) break;
  }
  return v;
}

}  // namespace eigenflow::detail
