#include "support/allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>

// glibc lets a program define malloc and go on to the original by another name.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define EIGENFLOW_COUNT_ALLOCATIONS 1
#else
#define EIGENFLOW_COUNT_ALLOCATIONS 0
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef EIGENFLOW_COUNT_ALLOCATIONS
#define EIGENFLOW_COUNT_ALLOCATIONS 0
#endif
#endif

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> largest{static_cast<std::size_t>(-1)};

}  // namespace

std::size_t allocation_count() {
  return count.load();
}
void limit_allocations(std::size_t bytes) {
  largest = bytes;
}
bool allocations_are_counted() {
  return EIGENFLOW_COUNT_ALLOCATIONS != 0;
}

#if EIGENFLOW_COUNT_ALLOCATIONS

extern "C" {

void* __libc_malloc(std::size_t size);                           // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t number, std::size_t size);       // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* old, std::size_t size);               // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t size) {
  ++count;
  return size > largest ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  ++count;
  return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) {
  ++count;
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++count;
  return size > largest ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  ++count;
  *result = size > largest ? nullptr : __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}

}  // extern "C"

#endif
