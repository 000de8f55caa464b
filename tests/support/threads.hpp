#pragma once

#ifdef _OPENMP
#include <omp.h>

#include "eigenflow/authoring/detail/company.hpp"
#endif

/// Asks OpenMP for this many threads, and for as many as before when it goes out of scope. What the thread remembers
/// of earlier teams, which a busy machine may have spoilt, is forgotten. Nothing in a serial program.
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
