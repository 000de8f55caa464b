#include "pace.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/training/progress.hpp>
#include <utility>

#include "numbers.hpp"

namespace command {
namespace {

constexpr double first_line = 2, other_lines = 10, redrawn = 0.2;  // seconds
constexpr int most_columns = 79;                                   // of a terminal

double since(std::chrono::steady_clock::time_point from) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

}  // namespace

Pace::Pace(bool speaks, bool bar)
    : way_(!speaks                                   ? Way::silent
           : !eigenflow::detail::is_terminal(stderr) ? Way::lines
           : bar                                     ? Way::silent
                                                     : Way::one_line) {}

Pace::~Pace() {
  if (way_ == Way::one_line && said_once_) std::fputs("\r\x1b[K", stderr);
}

double Pace::seconds() const {
  return since(start_);
}

void Pace::begin(std::string part, Eigen::Index steps) {
  part_ = std::move(part);
  steps_ = steps;
  step_ = 0;
  part_start_ = Clock::now();
  say();
}

void Pace::step() {
  if (step_ == 0) part_start_ = Clock::now();
  say();
  ++step_;
}

double Pace::seconds_per_step() const {
  return since(part_start_) / static_cast<double>(std::max<Eigen::Index>(1, step_));
}

void Pace::say() {
  const double wait = way_ == Way::one_line ? redrawn : said_once_ ? other_lines : first_line;
  if (way_ == Way::silent || since(said_) < wait) return;
  said_ = Clock::now();
  said_once_ = true;
  std::string line = duration(seconds()) + ": " + part_;
  if (steps_ > 0) line += ", step " + std::to_string(step_) + " of " + std::to_string(steps_);
  if (step_ > 0 && later_ >= 0)
    line +=
        "; about " + duration(seconds_per_step() * static_cast<double>(steps_ - step_) + later_) + " to go";
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
    throw UsageError(option + " wants a time, as 90s, 3m or 1h, but got " + table::shown(text));
  return *value * unit;
}

}  // namespace command
