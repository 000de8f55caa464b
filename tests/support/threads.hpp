#pragma once

#ifdef _OPENMP
#include <omp.h>

#include "eigenflow/authoring/detail/company.hpp"
#endif

/// Sets the number of OpenMP threads, and restores it at the end of its scope. Also resets the measurements of earlier
/// teams, which may be wrong on a busy machine. Does nothing in a serial program.
class ThreadCount {
 public:
#ifdef _OPENMP
  explicit ThreadCount(int count) : before_(omp_get_max_threads()) {
    omp_set_num_threads(count);
    eigenflow::detail::thread_company() = {};
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
