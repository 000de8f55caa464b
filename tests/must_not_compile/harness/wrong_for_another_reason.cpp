// expect: some other sentence
#ifdef EIGENFLOW_MUST_NOT_COMPILE
static_assert(false, "one sentence");  // some other sentence
#endif
