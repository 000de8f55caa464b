#include <cstdio>
#include <eigenflow/eigenflow.hpp>

const void* library_seen_by_second();

// Fails when the two files do not share one library: an inline variable is one object in the whole program.
int main() {
  std::printf("eigenflow %s\n", eigenflow::version);
  return &eigenflow::version == library_seen_by_second() ? 0 : 1;
}
