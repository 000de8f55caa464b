#pragma once

// The network engine is compiled once for all tests (support/engine/), except where the compiler's flags differ from those of
// that library: the mutants, and tests with -ffast-math. A test that uses networks includes this file.
#ifdef EIGENFLOW_TEST_ENGINE
#include "eigenflow/nets/compiled.hpp"

EIGENFLOW_NETS(extern template, float)
EIGENFLOW_NETS(extern template, double)
EIGENFLOW_NETS(extern template, long double)
#endif
