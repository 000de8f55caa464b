#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace eigenflow::detail {

/// Whether a number is neither infinite nor NaN, by its
/// bits: -ffast-math may assume so and drop std::isfinite.
inline bool is_finite(float x) {
  return (std::bit_cast<std::uint32_t>(x) & 0x7F800000U) != 0x7F800000U;
}
inline bool is_finite(double x) {
  return (std::bit_cast<std::uint64_t>(x) & 0x7FF0000000000000U) != 0x7FF0000000000000U;
}
inline bool is_finite(long double x) {
  return std::isfinite(x);
}

}  // namespace eigenflow::detail
