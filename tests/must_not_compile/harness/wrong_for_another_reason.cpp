// expect: some other message
#ifdef EIGENFLOW_MUST_NOT_COMPILE
static_assert(false, "one message");  // some other message
#endif
