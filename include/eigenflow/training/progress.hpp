#pragma once

#include <Eigen/Core>
#include <chrono>
#include <cstdio>
#include <string>

#include "eigenflow/numerics/finite.hpp"

#if defined(_WIN32)
#include <io.h>
#elif __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace eigenflow::detail {

inline bool is_terminal([[maybe_unused]] std::FILE* file) {
#if defined(_WIN32)
  return _isatty(_fileno(file)) != 0;
#elif __has_include(<unistd.h>)
  return isatty(fileno(file)) != 0;
#else
  return false;
#endif
}

/// A line on standard error if that is a terminal: redrawn a few times a second, removed at the end.
class ProgressBar {
 public:
  ProgressBar(bool wanted, Eigen::Index steps) : shown_(wanted && is_terminal(stderr)), steps_(steps) {}
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() {
    if (shown_ && drawn_) std::fprintf(stderr, "\r\x1b[K");
  }

  void show(Eigen::Index step, double loss, double best) {
    if (!shown_) return;
    const auto now = std::chrono::steady_clock::now();
    if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    drawn_ = true;
    constexpr Eigen::Index width = 30;
    const Eigen::Index filled = steps_ > 0 ? width * step / steps_ : width;
    std::string bar(static_cast<std::size_t>(filled), '#');
    bar.resize(static_cast<std::size_t>(width), '.');
    std::fprintf(stderr, "\r\x1b[K[%s] step %lld of %lld  loss %.4f", bar.c_str(),
                 static_cast<long long>(step), static_cast<long long>(steps_), loss);
    if (is_finite(best)) std::fprintf(stderr, "  best %.4f", best);
    std::fflush(stderr);
  }

 private:
  bool shown_;
  bool drawn_ = false;
  Eigen::Index steps_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace eigenflow::detail
