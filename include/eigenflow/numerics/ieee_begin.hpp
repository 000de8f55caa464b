// The code between this and ieee_end.hpp follows IEEE 754 even if a program uses -ffast-math with g++. That option
// assumes that all numbers are finite, and reorders sums, which would lose digits. No #pragma once: each umbrella
// header includes its own pair.
#if defined(__GNUC__) && !defined(__clang__) && (defined(__FAST_MATH__) || __FINITE_MATH_ONLY__)
#if defined(EIGEN_WORLD_VERSION) && !defined(EIGENFLOW_EIGEN_IS_EXACT)
#error "with -ffast-math include eigenflow before Eigen, whose exp and divisions are to be exact as well"
#endif
#define EIGENFLOW_EIGEN_IS_EXACT  // because it is included in the section
#define EIGENFLOW_IEEE_SECTION
#pragma GCC push_options
#pragma GCC optimize("no-fast-math")
#endif
