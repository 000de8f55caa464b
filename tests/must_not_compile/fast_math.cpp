// expect: eigenflow computes by IEEE 754
#ifdef EIGENFLOW_MUST_NOT_COMPILE
#define __FAST_MATH__ 1  // as -ffast-math does
#endif
#include <eigenflow/layers/planar.hpp>
