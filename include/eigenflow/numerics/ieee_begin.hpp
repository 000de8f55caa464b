// What lies between this and ieee_end.hpp is compiled by IEEE 754 even where a program asks g++ for -ffast-math, which
// takes every number for finite and reorders the sums to which exact densities owe their digits. Without #pragma once:
// each umbrella header has a pair of its own.
#if defined(__GNUC__) && !defined(__clang__) && (defined(__FAST_MATH__) || __FINITE_MATH_ONLY__)
#if defined(EIGEN_WORLD_VERSION) && !defined(EIGENFLOW_EIGEN_IS_EXACT)
#error "with -ffast-math include eigenflow before Eigen, whose exp and divisions are to be exact as well"
#endif
#define EIGENFLOW_EIGEN_IS_EXACT  // since it comes within the section
#define EIGENFLOW_IEEE_SECTION
#pragma GCC push_options
#pragma GCC optimize("no-fast-math")
#endif
