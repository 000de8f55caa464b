#include "support/allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>

// With glibc a program may define malloc, and call the original by another name.
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
#if __has_feature(address_sanitizer)
#define EIGENFLOW_SANITIZER_COUNTS 1
#include <sanitizer/allocator_interface.h>
#endif
#endif
#ifndef EIGENFLOW_SANITIZER_COUNTS
#define EIGENFLOW_SANITIZER_COUNTS 0
#endif
#if EIGENFLOW_COUNT_ALLOCATIONS
#include <malloc.h>
#endif

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> largest{static_cast<std::size_t>(-1)};
std::atomic<std::size_t> in_use{0}, marked{0}, peak{0};

[[maybe_unused]] void add(std::size_t bytes) {
  const std::size_t now = in_use += bytes;
  for (std::size_t most = peak; most < now && !peak.compare_exchange_weak(most, now);) {
  }
}

}  // namespace

std::size_t allocation_count() {
  return count.load();
}
void limit_allocations(std::size_t bytes) {
  largest = bytes;
}
void watch_peak() {
  marked = in_use.load();
  peak = in_use.load();
}
std::size_t peak_bytes() {
  return peak - marked;
}
bool allocations_are_counted() {
  return EIGENFLOW_COUNT_ALLOCATIONS != 0;
}
bool peaks_are_known() {
  return EIGENFLOW_COUNT_ALLOCATIONS != 0 || EIGENFLOW_SANITIZER_COUNTS != 0;
}

#if EIGENFLOW_SANITIZER_COUNTS
namespace {

[[maybe_unused]] const int hooked = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) { add(size); },
    [](const volatile void* block) {
      if (block) in_use -= __sanitizer_get_allocated_size(const_cast<const void*>(block));
    });

}  // namespace
#endif

#if EIGENFLOW_COUNT_ALLOCATIONS

extern "C" {

void* __libc_malloc(std::size_t size);                           // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t number, std::size_t size);       // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* old, std::size_t size);               // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT(bugprone-reserved-identifier)

void __libc_free(void* block);  // NOLINT(bugprone-reserved-identifier)

}  // extern "C"

namespace {

void* counted(void* block) {
  ++count;
  add(malloc_usable_size(block));
  return block;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  return counted(size > largest ? nullptr : __libc_malloc(size));
}
void* calloc(std::size_t number, std::size_t size) {
  return counted(__libc_calloc(number, size));
}
void* realloc(void* old, std::size_t size) {
  const std::size_t before = malloc_usable_size(old);
  void* const block = __libc_realloc(old, size);
  if (block || size == 0) in_use -= before;
  return counted(block);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return counted(size > largest ? nullptr : __libc_memalign(alignment, size));
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  *result = counted(size > largest ? nullptr : __libc_memalign(alignment, size));
  return *result == nullptr ? ENOMEM : 0;
}
void free(void* block) {
  in_use -= malloc_usable_size(block);
  __libc_free(block);
}

}  // extern "C"

#endif
