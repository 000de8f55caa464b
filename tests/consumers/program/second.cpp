#include <eigenflow/eigenflow.hpp>

const void* library_seen_by_second();
const void* library_seen_by_second() {
  return &eigenflow::version;
}
