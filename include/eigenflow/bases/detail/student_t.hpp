#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/authoring/lanes.hpp"

// Special functions of Student's t. The textbook formulas cancel: for many degrees of freedom ν the log-density and its
// derivative in ν are small differences of large numbers.

namespace eigenflow::detail {

/// A function of the degrees of freedom with its derivative.
template <class Scalar>
struct ValueAndSlope {
  Scalar value;
  Scalar slope;
};

/// C(a) = lnΓ(a + ½) - lnΓ(a) - ½ ln a and C'(a) = ψ(a + ½) - ψ(a) - 1/(2a), for a > 0: C → 0 as -1/(8a).
/// The asymptotic series Σ_k (2⁻²ᵏ - 1) B_2k / (k (2k - 1)) a¹⁻²ᵏ (from Stirling's, Abramowitz &
/// Stegun 6.1.40) for a ≥ 16, and the recurrence Γ(a + 1) = a Γ(a) below.
template <class Scalar>
ValueAndSlope<Scalar> gamma_half_step(Scalar a) {
  Scalar value = 0, slope = 0;
  const Scalar first = a;
  for (; a < 16; a += 1) {
    value -= std::log1p(Scalar(0.5) / a);
    slope += Scalar(0.5) / (a * (a + Scalar(0.5)));
  }
  if (a > first) {
    value += std::log(a / first) / 2;
    slope += (1 / a - 1 / first) / 2;
  }
  constexpr std::array<Scalar, 8> c{-Scalar(1) / 8,         Scalar(1) / 192,          -Scalar(1) / 640,
                                    Scalar(17) / 14336,     -Scalar(31) / 18432,      Scalar(691) / 180224,
                                    -Scalar(5461) / 425984, Scalar(929569) / 15728640};
  const Scalar inverse = 1 / a;
  Scalar power = inverse;
  for (std::size_t k = 0; k < c.size(); ++k, power *= inverse * inverse) {
    value += c[k] * power;
    slope -= static_cast<Scalar>(2 * k + 1) * c[k] * power * inverse;
  }
  return {value, slope};
}

/// The coefficients 1 / (2k + 3) of (atanh(u) - u) / u³ in powers of u², sufficient for u ≤ 1/3.
template <class Scalar>
constexpr auto atanh_tail() {
  constexpr std::size_t terms = std::is_same_v<Scalar, float> ? 8 : std::is_same_v<Scalar, double> ? 17 : 21;
  std::array<Scalar, terms> c{};
  for (std::size_t k = 0; k < terms; ++k) c[k] = Scalar(1) / Scalar(2 * k + 3);
  return c;
}

/// log(1 + r²) and the terms of its derivatives, for r of any size: no square overflows.
template <class Number>
struct LogOnePlusSquare {
  Number value;     ///< log(1 + r²)
  Number fraction;  ///< r²/(1 + r²)
  Number ratio;     ///< r/(1 + r²)
  Number excess;    ///< log(1 + r²) - r²/(1 + r²), about r⁴/2 for small r
};
template <class Number>
LogOnePlusSquare<Number> log_one_plus_square(Number r) {
  using Scalar = typename Number::Scalar;
  const Number one(1), size = abs(r);
  const auto outside = size > one;
  const Number q = select(outside, one / size, size);  // a NaN stays one
  const Number square = q * q, inverse = one / (one + square);
  const Number fraction = select(outside, inverse, square * inverse);
  // With u = q²/(2 + q²), log(1 + q²) = 2 atanh(u) and q²/(1 + q²) = 2u/(1 + u).
  const Number u = square / (Number(2) + square), u_square = u * u;
  constexpr auto series = atanh_tail<Scalar>();
  const Number tail = u * u_square * polynomial(u_square, series);  // atanh(u) - u
  const Number near = Number(2) * (u + tail);
  const Number value = select(outside, near + Number(2) * log(max(size, one)), near);
  const Number excess = select(outside, value - fraction, Number(2) * (tail + u_square / (one + u)));
  const Number ratio = select(r < Number(0), -q, q) * inverse;
  return {value, fraction, ratio, excess};
}

}  // namespace eigenflow::detail
