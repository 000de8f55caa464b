#pragma once

#ifdef _OPENMP
#include <omp.h>

#include <algorithm>
#include <cstddef>

namespace eigenflow::detail {

/// What a thread remembers of the teams that it has worked in: whether they were faster than it alone.
///
/// A team ends when its last thread does, and a thread is late where another program has its core. So time is an
/// account: a team pays in what it saved and takes out what it lost. When the account is empty, the thread works
/// alone for ten times what is missing, twice as long after every further attempt that fails, up to a hundred times.
/// Hence a busy machine costs a per cent or so, and a core that becomes free is found again within two seconds.
class Company {
 public:
  /// Whether to call a team now.
  bool pays() const { return omp_get_wtime() >= alone_until_; }

  /// A team took from `began` to `ended` for what one thread does in `alone` seconds.
  void judge(double began, double ended, double alone) {
    saved_ = std::min(saved_ + alone - (ended - began), most_saved);
    if (saved_ < 0) {
      alone_until_ = ended + patience_ * std::min(-saved_, most_lost);
      patience_ = std::min(2 * patience_, most_patience);
      saved_ = 0;
    } else if (saved_ >= most_saved) {
      patience_ = least_patience;
    }
  }

  /// Notes the size of a team, and the bytes that a piece takes from its thread's arena. Returns whether the team
  /// has a thread that may not have as many.
  bool outgrown(int team, std::size_t piece_bytes) {
    if (team <= team_ && piece_bytes <= piece_bytes_) return false;
    team_ = std::max(team_, team);
    piece_bytes_ = std::max(piece_bytes_, piece_bytes);
    return true;
  }
  std::size_t piece_bytes() const { return piece_bytes_; }

 private:
  static constexpr double most_saved = 0.02, most_lost = 0.02;  // seconds
  static constexpr double least_patience = 10, most_patience = 100;

  double saved_ = 0;
  double alone_until_ = 0;
  double patience_ = least_patience;
  int team_ = 0;
  std::size_t piece_bytes_ = 0;
};

inline Company& thread_company() {
  static thread_local Company company;
  return company;
}

}  // namespace eigenflow::detail
#endif
