#pragma once

#include <Eigen/Core>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace command {

/// The course of a fit: how long it has taken, how long a step takes, and a line of progress on the standard error:
/// every few seconds a new one, or on a terminal one that changes. A thread of its own writes it, because some parts of a
/// fit are long and have no steps.
class Pace {
 public:
  /// With `bar`, a terminal has a progress bar already.
  explicit Pace(bool speaks, bool bar = false);
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;
  ~Pace();

  double seconds() const;
  /// Says no more until the next part begins, and takes the line from the terminal.
  void pause();

  /// A part of the work begins, of so many steps; 0: it has none.
  void begin(std::string part, Eigen::Index steps = 0);
  /// A step of it begins.
  void step();
  /// Seconds that the parts after this one will take; below 0: unknown.
  void expect(double later);
  /// The most seconds that are left of the whole fit; below 0: no limit.
  void limit(double until);

  /// Seconds a step of this part.
  double seconds_per_step() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::lock_guard<std::mutex>;
  void run();
  void say();
  void erase();
  double step_time() const;

  enum class Way { silent, lines, one_line };
  Way way_;
  const Clock::time_point start_ = Clock::now();
  mutable std::mutex mutex_;  // of all that follows
  Clock::time_point part_start_ = start_, said_ = start_;
  bool said_once_ = false, shown_ = false, ends_ = false;
  std::string part_;
  Eigen::Index steps_ = 0, step_ = 0;
  double later_ = -1, until_ = -1;
  std::condition_variable ending_;
  std::thread speaker_;
};

/// As "3 s", "2 min 5 s", "1 h 4 min".
std::string duration(double seconds);

/// Seconds of "90", "90s", "3m" or "1h". Throws UsageError.
double seconds_of(const std::string& text, const std::string& option);

}  // namespace command
