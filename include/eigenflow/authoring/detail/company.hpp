#pragma once

#ifdef _OPENMP
#include <omp.h>

#include <algorithm>
#include <cstddef>

namespace eigenflow::detail {

/// The experience of a thread with its teams: whether they were faster than the thread alone.
///
/// A team ends when its last thread ends, and a thread is late if another program uses its core. So a balance of time
/// is kept: a team adds the time that it saved and subtracts the time that it lost. If the balance is negative, the
/// thread works alone for ten times the deficit. That time doubles with each further failed attempt, up to a factor
/// of a hundred. So a busy machine costs about one per cent, and a core that becomes free is used again within two
/// seconds.
class Company {
 public:
  /// True if a team should be used now.
  bool pays() const { return omp_get_wtime() >= alone_until_; }

  /// Notes that a team took from `began` to `ended` for work that one thread does in `alone` seconds.
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

  /// Notes the size of a team, and the bytes that a piece takes from its thread's arena. Returns true if a thread of
  /// the team may have fewer.
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
