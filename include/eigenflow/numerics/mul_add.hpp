#pragma once

#include <cmath>
#include <concepts>

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow::detail {

/// a b + c, rounded once where the machine has an instruction for it. Written out, since a compiler that may fuse
/// (g++ -march=native) fuses a * b + c in one place and not in another: a map of static and one of dynamic size
/// would differ in their last bits.
template <std::floating_point Scalar>
Scalar mul_add(Scalar a, Scalar b, Scalar c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(FP_FAST_FMA)
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}

}  // namespace eigenflow::detail
