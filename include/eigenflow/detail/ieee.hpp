#pragma once

#if (defined(__FAST_MATH__) || __FINITE_MATH_ONLY__) && !defined(EIGENFLOW_IEEE_SECTION)
#error \
    "eigenflow computes by IEEE 754: add -fno-fast-math or, with g++, include eigenflow/eigenflow.hpp first"
#endif

namespace eigenflow::detail {

/// Whether <Eigen/Core> was included before eigenflow with -ffast-math: its exp and log, which are not
/// inlined, then have their sums reordered.
#ifdef EIGENFLOW_EIGEN_IS_FAST
static constexpr bool eigen_is_fast = true;
#else
static constexpr bool eigen_is_fast = false;
#endif

}  // namespace eigenflow::detail
