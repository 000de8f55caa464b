#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow::detail {

/// True if a number is neither infinite nor NaN, tested by its bits: with -ffast-math, std::isfinite may be compiled to
/// `true`.
constexpr bool is_finite(float x) {
  return (std::bit_cast<std::uint32_t>(x) & 0x7F800000U) != 0x7F800000U;
}
constexpr bool is_finite(double x) {
  return (std::bit_cast<std::uint64_t>(x) & 0x7FF0000000000000U) != 0x7FF0000000000000U;
}
inline bool is_finite(long double x) {
  using Limits = std::numeric_limits<long double>;
  if constexpr (Limits::digits == std::numeric_limits<double>::digits) {
    return is_finite(static_cast<double>(x));
  } else if constexpr (Limits::max_exponent == 16384 && std::endian::native == std::endian::little) {
    // Sign and exponent are the two bytes above the mantissa: 64 bits of it on x86, 112 in a quadruple.
    std::uint16_t top = 0;
    std::memcpy(&top, reinterpret_cast<const char*>(&x) + (Limits::digits == 64 ? 8 : 14), sizeof top);
    return (top & 0x7FFFU) != 0x7FFFU;
  } else {
    return std::isfinite(x);
  }
}

template <class Vector>
bool all_finite(const Vector& x) {
  bool finite = true;
  for (const auto entry : x) finite = finite && is_finite(entry);
  return finite;
}

/// Equality that -ffast-math does not change, also for infinities and NaN.
inline bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace eigenflow::detail
