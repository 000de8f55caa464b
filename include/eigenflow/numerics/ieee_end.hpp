// Ends the section of ieee_begin.hpp.
#ifdef EIGENFLOW_IEEE_SECTION
#undef EIGENFLOW_IEEE_SECTION
#pragma GCC pop_options
#endif
