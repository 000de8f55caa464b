#pragma once

#if (defined(__FAST_MATH__) || __FINITE_MATH_ONLY__) && !defined(EIGENFLOW_IEEE_SECTION)
#error \
    "eigenflow computes by IEEE 754: add -fno-fast-math or, with g++, include eigenflow/eigenflow.hpp first"
#endif
