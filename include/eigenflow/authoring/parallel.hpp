#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <exception>
#include <span>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/numerics/piece_count.hpp"
#include "eigenflow/text/error.hpp"

// Work over a batch, cut into pieces of a fixed height: by OpenMP where the
// user compiles with it, serial otherwise. The cut depends on the height
// alone, so the results have the same bits for any number of threads.

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
  const Eigen::Index pieces = piece_count(rows, height);
  [[maybe_unused]] const int threads = useful_threads(pieces, work_per_row * static_cast<double>(rows));
  const auto piece = [&](Eigen::Index i) { work(i * height, std::min(height, rows - i * height)); };
#ifdef _OPENMP
  if (threads > 1) {
    Capture capture;
    // Shared out by hand: LLVM's runtime takes memory from the heap whenever it shares out a loop.
#pragma omp parallel num_threads(threads)
    {
      const Eigen::Index team = omp_get_num_threads(), me = omp_get_thread_num();
      for (Eigen::Index i = pieces * me / team; i < pieces * (me + 1) / team; ++i)
        capture.run([&] { piece(i); });
    }
    capture.rethrow();
    return;
  }
#endif
  for (Eigen::Index i = 0; i < pieces; ++i) piece(i);
}

/// Returns the sum of work(first, count, gradient) over all pieces and overwrites `grad` by the sum of what
/// they add to their gradient, both in the order of the pieces. One thread adds to `grad` directly. Several
/// take a piece each, the first of them directly into `grad`, and then share out the adding of the others'
/// gradients: the same sums, since a piece adds once an entry.
template <class Scalar, class Work>
double fold_pieces(Eigen::Index rows, Eigen::Index height, double work_per_row, std::span<Scalar> grad,
                   const Work& work) {
  const Eigen::Index pieces = piece_count(rows, height);
  [[maybe_unused]] const int threads = useful_threads(pieces, work_per_row * static_cast<double>(rows));
  const auto piece = [&](Eigen::Index i, std::span<Scalar> to) {
    return work(i * height, std::min(height, rows - i * height), to);
  };
  double total = 0;
#ifdef _OPENMP
  if (threads > 1) {
    using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;
    Capture capture;
    Arena& arena = thread_arena();
    const ArenaScope scope(arena);
    const std::size_t size = grad.size();
    Scalar* const others = arena.allocate<Scalar>(size * static_cast<std::size_t>(threads - 1));
    double* const parts = arena.allocate<double>(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads)
    {
      const Eigen::Index team = omp_get_num_threads(), me = omp_get_thread_num();
      const auto gradient_of = [&](Eigen::Index thread) {
        return thread == 0 ? grad
                           : std::span<Scalar>(others + static_cast<std::size_t>(thread - 1) * size, size);
      };
      const Eigen::Index entries = static_cast<Eigen::Index>(size), begin = entries * me / team,
                         count = entries * (me + 1) / team - begin;
      std::fill_n(grad.data() + begin, count, Scalar(0));
#pragma omp barrier
      for (Eigen::Index first = 0; first < pieces; first += team) {
        const Eigen::Index busy = std::min(team, pieces - first);
        if (me < busy) {
          parts[me] = 0;
          capture.run([&] {
            if (me > 0) std::fill_n(gradient_of(me).data(), size, Scalar(0));
            parts[me] = piece(first + me, gradient_of(me));
          });
        }
#pragma omp barrier
        for (Eigen::Index other = 1; other < busy; ++other)
          Eigen::Map<Array>(grad.data() + begin, count) +=
              Eigen::Map<const Array>(gradient_of(other).data() + begin, count);
        if (me == 0)
          for (Eigen::Index thread = 0; thread < busy; ++thread) total += parts[thread];
#pragma omp barrier
      }
    }
    capture.rethrow();
    return total;
  }
#endif
  std::fill(grad.begin(), grad.end(), Scalar(0));
  for (Eigen::Index i = 0; i < pieces; ++i) total += piece(i, grad);
  return total;
}

}  // namespace eigenflow::detail

namespace eigenflow {

using detail::fold_pieces;
using detail::for_each_piece;

}  // namespace eigenflow
