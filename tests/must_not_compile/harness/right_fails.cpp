// expect: a message
#ifdef EIGENFLOW_MUST_NOT_COMPILE
static_assert(false, "a message");
#else
static_assert(false, "the right version is wrong");
#endif
