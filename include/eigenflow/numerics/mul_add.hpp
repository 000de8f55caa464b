#pragma once

#include <cmath>
#include <concepts>

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow::detail {

/// a b + c, rounded once if the machine has an instruction for it. A compiler that may fuse (g++ -march=native) fuses
/// a * b + c in one place and not in another, so that maps of static and dynamic size would differ in the last bits.
template <std::floating_point Scalar>
Scalar mul_add(Scalar a, Scalar b, Scalar c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(FP_FAST_FMA)
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}

}  // namespace eigenflow::detail
