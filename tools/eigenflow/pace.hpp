#pragma once

#include <Eigen/Core>
#include <chrono>
#include <string>

namespace command {

/// The course of a fit: how long it has taken, how long a step takes, and a line of progress on the standard error:
/// every few seconds a new one, or on a terminal one that changes.
class Pace {
 public:
  /// With `bar`, a terminal has a progress bar already.
  explicit Pace(bool speaks, bool bar = false);
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;
  ~Pace();

  double seconds() const;

  /// A part of the work begins, of so many steps; 0: it has none.
  void begin(std::string part, Eigen::Index steps = 0);
  /// A step of it begins.
  void step();
  /// Seconds that the parts after this one will take; below 0: unknown.
  void expect(double later) { later_ = later; }
  /// The most seconds that are left of the whole fit; below 0: no limit.
  void limit(double until) { until_ = until; }

  /// Seconds a step of this part.
  double seconds_per_step() const;

 private:
  using Clock = std::chrono::steady_clock;
  void say();

  enum class Way { silent, lines, one_line };
  Way way_;
  Clock::time_point start_ = Clock::now(), part_start_ = start_, said_ = start_;
  bool said_once_ = false;
  std::string part_;
  Eigen::Index steps_ = 0, step_ = 0;
  double later_ = -1, until_ = -1;
};

/// As "3 s", "2 min 5 s", "1 h 4 min".
std::string duration(double seconds);

/// Seconds of "90", "90s", "3m" or "1h". Throws UsageError.
double seconds_of(const std::string& text, const std::string& option);

}  // namespace command
