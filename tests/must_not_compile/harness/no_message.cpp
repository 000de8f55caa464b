#ifdef EIGENFLOW_MUST_NOT_COMPILE
static_assert(false, "a message that nothing expects");
#endif
