// expect: include eigenflow before Eigen
#ifdef EIGENFLOW_MUST_NOT_COMPILE
#include <Eigen/Core>
#endif
#if defined(__GNUC__) && !defined(__clang__)
#define __FAST_MATH__ 1  // as -ffast-math does
#include <eigenflow/eigenflow.hpp>
#elif defined(EIGENFLOW_MUST_NOT_COMPILE)
#error "include eigenflow before Eigen"  // what g++ says: clang refuses -ffast-math as such
#endif
