#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

/// Asks OpenMP for this many threads, and for as many as before
/// when it goes out of scope. Nothing in a serial program.
class ThreadCount {
 public:
#ifdef _OPENMP
  explicit ThreadCount(int count) : before_(omp_get_max_threads()) {
    omp_set_num_threads(count);
  }
  ~ThreadCount() {
    omp_set_num_threads(before_);
  }
#else
  explicit ThreadCount(int) {}
  ~ThreadCount() {}
#endif
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
#ifdef _OPENMP
  int before_;
#endif
};
