// expect: eigenflow is not yet at version 900
#include <eigenflow/version.hpp>

#ifdef EIGENFLOW_MUST_NOT_COMPILE
static_assert(EIGENFLOW_VERSION_MAJOR > 900, "eigenflow is not yet at version 900");
#else
static_assert(EIGENFLOW_VERSION_MAJOR < 900, "eigenflow is at version 900 already");
#endif
