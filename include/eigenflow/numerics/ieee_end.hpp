// Ends what ieee_begin.hpp began.
#ifdef EIGENFLOW_IEEE_SECTION
#undef EIGENFLOW_IEEE_SECTION
#pragma GCC pop_options
#endif
