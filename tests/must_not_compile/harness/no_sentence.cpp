#ifdef EIGENFLOW_MUST_NOT_COMPILE
static_assert(false, "a sentence that nothing expects");
#endif
