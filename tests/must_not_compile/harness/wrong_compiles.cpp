// expect: a message
#ifdef EIGENFLOW_MUST_NOT_COMPILE
int nothing_wrong_here();
#endif
