#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "eigenflow/authoring/lanes.hpp"

// Functions that Eigen's packets lack in float or in double: tanh, sigmoid, softplus, log1p, erf. Each keeps its
// relative accuracy if its value is a normal number, returns NaN for NaN, and needs no branch.

namespace eigenflow {
namespace detail {

/// c[0] + c[1] x + c[2] x² + ..., by Horner's rule.
template <class Number, class Scalar, std::size_t Size>
Number polynomial(Number x, const std::array<Scalar, Size>& c) {
  Number sum(c[Size - 1]);
  for (std::size_t i = Size - 1; i-- > 0;) sum = fma(sum, x, Number(c[i]));
  return sum;
}

/// The coefficients 1 / (2k + 1) of atanh(t) / t in powers of t², sufficient for t ≤ 1/3.
template <class Scalar>
constexpr auto atanh_series() {
  constexpr std::size_t terms = std::is_same_v<Scalar, float> ? 8 : 17;
  std::array<Scalar, terms> c{};
  for (std::size_t k = 0; k < terms; ++k) c[k] = Scalar(1) / Scalar(2 * k + 1);
  return c;
}

}  // namespace detail

/// log(1 + e) for 0 ≤ e ≤ 1, with full relative accuracy down to the smallest e: 2 atanh(e / (2 + e)).
template <class Scalar, bool Packed>
Lanes<Scalar, Packed> log1p_unit(Lanes<Scalar, Packed> e) {
  if constexpr (!Packed) {
    return std::log1p(e.value);
  } else {
    using Number = Lanes<Scalar, Packed>;
    const Number t = e / (Number(2) + e);
    constexpr auto c = detail::atanh_series<Scalar>();
    return Number(2) * t * detail::polynomial(t * t, c);
  }
}

/// log(1 + eˣ) to a few ulp if eˣ is a normal number, that is for x > -87 in float and x > -708 in double;
/// below, it is zero or nearly zero.
template <class Scalar, bool Packed>
Lanes<Scalar, Packed> softplus(Lanes<Scalar, Packed> x) {
  return max(x, Lanes<Scalar, Packed>(0)) + log1p_unit(exp(-abs(x)));
}

/// 1 / (1 + e⁻ˣ), the derivative of softplus.
template <class Scalar, bool Packed>
Lanes<Scalar, Packed> sigmoid(Lanes<Scalar, Packed> x) {
  const Lanes<Scalar, Packed> one(1);
  return one / (one + exp(-x));
}

namespace detail {

/// tanh(x) from a given e⁻²|ˣ|: odd and accurate near zero (Cephes, Moshier 1989), (1 - e) / (1 + e) beyond.
template <class Scalar, bool Packed>
Lanes<Scalar, Packed> tanh_from(Lanes<Scalar, Packed> x, Lanes<Scalar, Packed> e) {
  using Number = Lanes<Scalar, Packed>;
  const Number square = x * x;
  Number ratio;  // (tanh(x) - x) / x³
  if constexpr (std::is_same_v<Scalar, float>) {
    constexpr std::array<float, 5> c{-3.33332819422e-1f, 1.33314422036e-1f, -5.37397155531e-2f,
                                     2.06390887954e-2f, -5.70498872745e-3f};
    ratio = polynomial(square, c);
  } else {
    constexpr std::array<double, 3> p{-1.61468768441708447952e3, -9.92877231001918586564e1,
                                      -9.64399179425052238628e-1};
    constexpr std::array<double, 4> q{4.84406305325125486048e3, 2.23548839060100448583e3,
                                      1.12811678491632931402e2, 1.0};
    ratio = polynomial(square, p) / polynomial(square, q);
  }
  const Number near = fma(x * square, ratio, x);
  const Number far = (Number(1) - e) / (Number(1) + e);
  return select(abs(x) >= Number(Scalar(0.625)), select(x < Number(0), -far, far), near);
}

}  // namespace detail

/// Hyperbolic tangent.
template <class Scalar, bool Packed>
Lanes<Scalar, Packed> tanh(Lanes<Scalar, Packed> x) {
  if constexpr (Packed)
    return detail::tanh_from(x, exp(-abs(x) - abs(x)));
  else
    return std::tanh(x.value);
}

/// tanh and its derivative, 1 - tanh², without cancellation for large |x|.
template <class Scalar, bool Packed>
struct TanhAndSlope {
  Lanes<Scalar, Packed> value;
  Lanes<Scalar, Packed> slope;
};
template <class Scalar, bool Packed>
TanhAndSlope<Scalar, Packed> tanh_and_slope(Lanes<Scalar, Packed> x) {
  using Number = Lanes<Scalar, Packed>;
  const Number one(1), e = exp(-abs(x) - abs(x)), ratio = one / (one + e);
  const Number slope = Number(4) * e * ratio * ratio;
  if constexpr (Packed)
    return {detail::tanh_from(x, e), slope};
  else
    return {std::tanh(x.value), slope};
}

/// The error function, lane by lane by the standard library.
template <class Scalar, bool Packed>
Lanes<Scalar, Packed> erf(Lanes<Scalar, Packed> x) {
  return Lanes<Scalar, Packed>::map([](Scalar value) { return std::erf(value); }, x);
}

namespace detail {

/// The same functions for a single number.
template <class Scalar>
Scalar softplus(Scalar x) {
  return eigenflow::softplus(Lanes<Scalar, false>(x)).value;
}
template <class Scalar>
Scalar sigmoid(Scalar x) {
  return eigenflow::sigmoid(Lanes<Scalar, false>(x)).value;
}
/// The x whose softplus is y > 0.
template <class Scalar>
Scalar inverse_softplus(Scalar y) {
  return y + std::log(-std::expm1(-y));
}

}  // namespace detail
}  // namespace eigenflow
