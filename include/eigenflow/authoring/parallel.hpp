#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <numeric>
#include <span>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/detail/cut.hpp"
#ifdef _OPENMP
#include "eigenflow/authoring/detail/company.hpp"
#include "eigenflow/authoring/detail/ordered_sum.hpp"
#include "eigenflow/authoring/detail/team.hpp"
#endif

// Work over a batch, cut into pieces of a fixed height: by OpenMP if the program is compiled with it, else serial.
// The cut depends only on the height, so the results are bit-identical for any number of threads.

namespace eigenflow::detail {

/// How many threads are worth using: `work` is roughly the number of multiplications.
inline int useful_threads([[maybe_unused]] Eigen::Index pieces, [[maybe_unused]] double work) {
#ifdef _OPENMP
  constexpr double worth_a_thread = 5e5;
  if (omp_in_parallel() || work < worth_a_thread) return 1;
  return static_cast<int>(std::min<Eigen::Index>(pieces, omp_get_max_threads()));
#else
  return 1;
#endif
}

}  // namespace eigenflow::detail

namespace eigenflow {

/// Calls work(first, count) for each piece of `height` rows; pieces may run at the same time.
template <class Work>
void for_each_piece(Eigen::Index rows, Eigen::Index height, double work_per_row, const Work& work) {
  const detail::Cut cut{rows, height};
  [[maybe_unused]] const int threads =
      detail::useful_threads(cut.pieces(), work_per_row * static_cast<double>(rows));
#ifdef _OPENMP
  if (threads > 1 && detail::thread_company().pays()) {
    detail::Team team(cut, threads);
    team.share([&](Eigen::Index i) { team.run(i, [&] { work(cut.first(i), cut.count(i)); }); }, [] {});
    return;
  }
#endif
  for (Eigen::Index i = 0; i < cut.pieces(); ++i) work(cut.first(i), cut.count(i));
}

/// Returns the sum of work(first, count, gradient) over all pieces, and overwrites `grad` by the sum of the numbers
/// that they add to the vector gradient(), both in the order of the pieces. A piece adds once to an entry, so the
/// result is bit-identical whether it adds to `grad` or to an empty vector that is added later. A piece should call
/// gradient() late:
/// then it is more likely that all earlier pieces are done and that it can add to `grad` itself.
template <class Scalar, class Work>
double fold_pieces(Eigen::Index rows, Eigen::Index height, double work_per_row, std::span<Scalar> grad,
                   const Work& work) {
  const detail::Cut cut{rows, height};
  [[maybe_unused]] const int threads =
      detail::useful_threads(cut.pieces(), work_per_row * static_cast<double>(rows));
#ifdef _OPENMP
  if (threads > 1 && detail::thread_company().pays()) {
    const ArenaScope scope(thread_arena());
    const Eigen::Index pieces = cut.pieces();
    detail::OrderedSum<Scalar> sum(thread_arena(), pieces, threads, grad);
    double* const parts = thread_arena().allocate<double>(static_cast<std::size_t>(pieces));
    detail::Team team(cut, threads);
    team.share(
        [&](Eigen::Index i) {
          typename detail::OrderedSum<Scalar>::Turn turn(sum, i);
          team.run(i, [&] { parts[i] = work(cut.first(i), cut.count(i), turn); });
        },
        [&] { sum.help(); });
    return std::accumulate(parts, parts + pieces, 0.0);
  }
#endif
  double total = 0;
  std::fill(grad.begin(), grad.end(), Scalar(0));
  for (Eigen::Index i = 0; i < cut.pieces(); ++i)
    total += work(cut.first(i), cut.count(i), [&] { return grad; });
  return total;
}

}  // namespace eigenflow
