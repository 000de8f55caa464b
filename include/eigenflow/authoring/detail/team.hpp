#pragma once

#ifdef _OPENMP
#include <omp.h>

#include <Eigen/Core>
#include <atomic>
#include <cstddef>
#include <exception>
#include <limits>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/detail/company.hpp"
#include "eigenflow/authoring/detail/cut.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// Several OpenMP threads that work on the pieces of one batch. Each takes the next piece when it has finished one, so
/// that a thread whose core is used by another program delays only one piece.
class Team {
 public:
  Team(Cut cut, int threads) : cut_(cut), threads_(threads) {}

  /// Calls piece(i) once for each piece, and rest() once on each thread that finds no more. Both call
  /// code that may throw through `run`; the exception is thrown again at the end.
  template <class Piece, class Rest>
  void share(const Piece& piece, const Rest& rest) {
    const Eigen::Index pieces = cut_.pieces();
    Company& company = thread_company();
    const double began = omp_get_wtime();
    int size = 1;
    // Not an OpenMP loop: LLVM's runtime allocates for each of them.
#pragma omp parallel num_threads(threads_)
    {
      const bool caller = omp_get_thread_num() == 0;
      if (caller) size = omp_get_num_threads();
      for (Eigen::Index i = caller ? 0 : next_.fetch_add(1); i < pieces; i = next_.fetch_add(1)) piece(i);
      rest();
    }
    const double ended = omp_get_wtime();
    if (company.outgrown(size, piece_bytes_))
      warm(company.piece_bytes());  // its time is not typical
    else
      company.judge(began, ended, fastest_ * static_cast<double>(cut_.rows));
    rethrow();
  }

  /// Does the work of a piece. An exception must not leave the parallel region: the one of the first piece that
  /// throws is kept, the same for any number of threads. Later pieces are skipped.
  template <class Work>
  void run(Eigen::Index i, const Work& work) {
    if (i > failed_.load()) return;
    if (i > 0) return timed(i, work);
    const ArenaPeak peak(thread_arena());
    timed(i, work);
    piece_bytes_ = peak.bytes();  // of a piece of full height, on the caller's thread
  }

 private:
  template <class Work>
  void timed(Eigen::Index i, const Work& work) {
    const double began = omp_get_wtime();
    capture(i, work);
    const double a_row = (omp_get_wtime() - began) / static_cast<double>(cut_.count(i));
    for (double fastest = fastest_.load();
         a_row < fastest && !fastest_.compare_exchange_weak(fastest, a_row);) {
    }
  }

  template <class Work>
  void capture([[maybe_unused]] Eigen::Index i, const Work& work) {
#if EIGENFLOW_HAS_EXCEPTIONS
    try {
      work();
    } catch (...) {
#pragma omp critical(eigenflow_team)
      if (i < failed_.load()) {
        failed_.store(i);
        error_ = std::current_exception();
      }
    }
#else
    work();
#endif
  }

  void rethrow() const {
#if EIGENFLOW_HAS_EXCEPTIONS
    if (error_) std::rethrow_exception(error_);
#endif
  }

  // Gives every thread's arena the memory of a piece, so that no thread allocates in a later call.
  void warm(std::size_t bytes) {
#pragma omp parallel num_threads(threads_)
    capture(cut_.pieces(), [&] {
      Arena& arena = thread_arena();
      const ArenaScope scope(arena);
      if (omp_get_thread_num() != 0) arena.allocate<std::byte>(bytes);
    });
  }

  Cut cut_;
  int threads_;
  std::atomic<Eigen::Index> next_{1};  // the caller begins with the first
  std::atomic<Eigen::Index> failed_{std::numeric_limits<Eigen::Index>::max()};
  std::atomic<double> fastest_{std::numeric_limits<double>::infinity()};  // seconds per row
  std::size_t piece_bytes_ = 0;
#if EIGENFLOW_HAS_EXCEPTIONS
  std::exception_ptr error_ = nullptr;
#endif
};

}  // namespace eigenflow::detail
#endif
