#include "pace.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/training/progress.hpp>
#include <utility>

#include "numbers.hpp"

namespace command {
namespace {

constexpr double first_line = 2, other_lines = 10, redrawn = 0.2, looks = 0.1;  // seconds
constexpr int most_columns = 79;                                                // of a terminal

double since(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

}  // namespace

Pace::Pace(bool speaks, bool bar)
    : way_(!speaks                                   ? Way::silent
           : !eigenflow::detail::is_terminal(stderr) ? Way::lines
           : bar                                     ? Way::silent
                                                     : Way::one_line) {
  if (way_ != Way::silent) speaker_ = std::thread([this] { run(); });
}

Pace::~Pace() {
  if (!speaker_.joinable()) return;
  {
    const Lock lock(mutex_);
    ends_ = true;
    erase();
  }
  ending_.notify_all();
  speaker_.join();
}

void Pace::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  const std::chrono::duration<double> look(way_ == Way::one_line ? redrawn : looks);
  while (!ending_.wait_for(lock, look, [this] { return ends_; })) say();
}

double Pace::seconds() const {
  return since(start_);
}

void Pace::pause() {
  const Lock lock(mutex_);
  part_.clear();
  erase();
}

void Pace::begin(std::string part, Eigen::Index steps) {
  const Lock lock(mutex_);
  part_ = std::move(part);
  steps_ = steps;
  step_ = 0;
  part_start_ = Clock::now();
}

void Pace::step() {
  const Lock lock(mutex_);
  if (step_ == 0) part_start_ = Clock::now();
  ++step_;
}

void Pace::expect(double later) {
  const Lock lock(mutex_);
  later_ = later;
}

void Pace::limit(double until) {
  const Lock lock(mutex_);
  until_ = until;
}

double Pace::seconds_per_step() const {
  const Lock lock(mutex_);
  return step_time();
}

double Pace::step_time() const {
  return since(part_start_) / static_cast<double>(std::max<Eigen::Index>(1, step_));
}

void Pace::erase() {
  if (way_ == Way::one_line && shown_) std::fputs("\r\x1b[K", stderr);
  shown_ = false;
}

void Pace::say() {
  const double wait = way_ == Way::one_line ? redrawn : said_once_ ? other_lines : first_line;
  if (part_.empty() || since(said_) < wait) return;
  said_ = Clock::now();
  said_once_ = shown_ = true;
  std::string line = duration(seconds()) + ": " + part_;
  if (steps_ > 0 && step_ > 0) line += ", step " + std::to_string(step_) + " of " + std::to_string(steps_);
  if (steps_ > 0 && step_ > 0 && later_ >= 0)
    line += "; about " + duration(step_time() * static_cast<double>(steps_ - step_) + later_) + " to go";
  else if (until_ >= 0)
    line += "; at most " + duration(std::max(0.0, until_ - seconds())) + " to go";
  if (way_ == Way::lines)
    std::fprintf(stderr, "%s\n", line.c_str());
  else
    std::fprintf(stderr, "\r\x1b[K%.*s", most_columns, line.c_str());
  std::fflush(stderr);
}

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  const auto text = [](long long n, const char* unit) { return std::to_string(n) + unit; };
  if (whole < 100) return text(whole, " s");
  if (whole < 3600)
    return text(whole / 60, " min") + (whole % 60 > 0 ? text(whole % 60, " s").insert(0, " ") : "");
  return text(whole / 3600, " h") + (whole / 60 % 60 > 0 ? text(whole / 60 % 60, " min").insert(0, " ") : "");
}

double seconds_of(const std::string& text, const std::string& option) {
  std::string number = text;
  double unit = 1;
  if (!number.empty() && (number.back() == 's' || number.back() == 'm' || number.back() == 'h')) {
    unit = number.back() == 's' ? 1 : number.back() == 'm' ? 60 : 3600;
    number.pop_back();
  }
  const auto value = table::number(number);
  if (!value || !(*value > 0) || !(*value * unit <= 1e9))
    throw UsageError(option + " expects a time, as 90s, 3m or 1h, but got " + table::shown(text));
  return *value * unit;
}

}  // namespace command
