#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <exception>
#include <span>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "eigenflow/arena.hpp"
#include "eigenflow/error.hpp"

// Work over a batch, cut into pieces of a fixed height: by OpenMP where the user compiles with it, serial
// otherwise. The cut depends on the height alone, so the results have the same bits for any number of
// threads.

namespace eigenflow::detail {

/// Keeps the first exception of a parallel region, which must not leave it, and throws it afterwards.
class Capture {
 public:
  template <class Work>
  void run(Work&& work) {
#if EIGENFLOW_HAS_EXCEPTIONS
    try {
      work();
    } catch (...) {
#ifdef _OPENMP
#pragma omp critical(eigenflow_capture)
#endif
      if (!error_) error_ = std::current_exception();
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

 private:
#if EIGENFLOW_HAS_EXCEPTIONS
  std::exception_ptr error_ = nullptr;
#endif
};

/// How many threads are worth waking: `work` is a number of multiplications, roughly.
inline int useful_threads([[maybe_unused]] Eigen::Index pieces, [[maybe_unused]] double work) {
#ifdef _OPENMP
  constexpr double worth_a_thread = 5e5;
  if (omp_in_parallel() || work < worth_a_thread) return 1;
  return static_cast<int>(std::min<Eigen::Index>(pieces, omp_get_max_threads()));
#else
  return 1;
#endif
}

/// Calls work(first, count) for each piece of `height` rows; pieces may run at the same time.
template <class Work>
void for_each_piece(Eigen::Index rows, Eigen::Index height, double work_per_row, const Work& work) {
  const Eigen::Index pieces = (rows + height - 1) / height;
  [[maybe_unused]] const int threads = useful_threads(pieces, work_per_row * static_cast<double>(rows));
  const auto piece = [&](Eigen::Index i) { work(i * height, std::min(height, rows - i * height)); };
#ifdef _OPENMP
  if (threads > 1) {
    Capture capture;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (Eigen::Index i = 0; i < pieces; ++i) capture.run([&] { piece(i); });
    capture.rethrow();
    return;
  }
#endif
  for (Eigen::Index i = 0; i < pieces; ++i) piece(i);
}

/// Sums work(first, count, gradient) over all pieces, and its additions to `grad`, both in the order of the
/// pieces. One thread adds to `grad` directly; several add their pieces in turn: the same sums, since a piece
/// adds once an entry.
template <class Scalar, class Work>
double fold_pieces(Eigen::Index rows, Eigen::Index height, double work_per_row, std::span<Scalar> grad,
                   const Work& work) {
  const Eigen::Index pieces = (rows + height - 1) / height;
  [[maybe_unused]] const int threads = useful_threads(pieces, work_per_row * static_cast<double>(rows));
  double total = 0;
#ifdef _OPENMP
  if (threads > 1) {
    Capture capture;
#pragma omp parallel num_threads(threads)
    {
      Arena& arena = thread_arena();
      const ArenaScope scope(arena);
      const std::span<Scalar> own(arena.allocate<Scalar>(grad.size()), grad.size());
#pragma omp for ordered schedule(static, 1)
      for (Eigen::Index i = 0; i < pieces; ++i) {
        double part = 0;
        capture.run([&] {
          std::fill(own.begin(), own.end(), Scalar(0));
          part = work(i * height, std::min(height, rows - i * height), own);
        });
#pragma omp ordered
        {
          total += part;
          Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>> sum(grad.data(),
                                                                  static_cast<Eigen::Index>(grad.size()));
          sum += Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>(own.data(), sum.size());
        }
      }
    }
    capture.rethrow();
    return total;
  }
#endif
  for (Eigen::Index i = 0; i < pieces; ++i)
    total += work(i * height, std::min(height, rows - i * height), grad);
  return total;
}

}  // namespace eigenflow::detail
