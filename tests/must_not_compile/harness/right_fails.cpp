// expect: a sentence
#ifdef EIGENFLOW_MUST_NOT_COMPILE
static_assert(false, "a sentence");
#else
static_assert(false, "the right version is wrong");
#endif
