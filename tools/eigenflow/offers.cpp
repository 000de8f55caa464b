#include "offers.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>
#include <string_view>

#include "columns.hpp"
#include "nearest.hpp"
#include "numbers.hpp"

namespace command {
namespace {

constexpr Eigen::Index fewest = 40;  // rows that suggest anything

struct Range {
  double low, high;
};

// A name as an option takes it and a shell leaves it; else the number of the column.
std::string reference_to(const std::string& label, Eigen::Index position) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; };
  const bool number = label.find_first_not_of("0123456789") == std::string::npos;
  return !number && std::all_of(label.begin(), label.end(), plain) ? label : std::to_string(position);
}

bool has_word(const std::string& label, std::initializer_list<std::string_view> words) {
  const std::string lower = lower_case(label);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// The share of the values from `low` to `high`.
double share_between(const Eigen::VectorXd& values, double low, double high) {
  return static_cast<double>((values.array() >= low && values.array() <= high).count()) /
         static_cast<double>(values.size());
}

// A circle whose beginning and end both have rows, as an angle's have.
std::optional<Range> circle_of(const Eigen::VectorXd& values, const std::string& label) {
  constexpr double pi = std::numbers::pi, crowded = 0.01;
  const bool named = has_word(label, {"angle", "direction", "bearing", "azimuth", "heading", "phase", "phi",
                                      "theta", "longitude", "orientation"}),
             hours = has_word(label, {"hour", "time of day", "time_of_day"});
  for (const Range range :
       {Range{0, 360}, Range{-180, 180}, Range{0, 2 * pi}, Range{-pi, pi}, Range{0, 24}}) {
    const double width = range.high - range.low;
    if (range.high == 24 ? !hours : range.high < 100 && !named) continue;
    if (values.minCoeff() < range.low || values.maxCoeff() > range.high) continue;
    if (values.minCoeff() > range.low + width / 20 || values.maxCoeff() < range.high - width / 20) continue;
    if (share_between(values, range.low, range.low + width / 10) >= crowded &&
        share_between(values, range.high - width / 10, range.high) >= crowded)
      return range;
  }
  return std::nullopt;
}

// Shares, from 0 to 1 or to 100, that crowd at an edge without touching it.
std::optional<Range> interval_of(const Eigen::VectorXd& values, const std::string& label) {
  constexpr double crowded = 0.1;
  for (const Range range : {Range{0, 1}, Range{0, 100}}) {
    if (!(values.minCoeff() > range.low && values.maxCoeff() < range.high)) continue;
    if (values.maxCoeff() < range.high / 2) continue;
    if (range.high == 100 && !has_word(label, {"percent", "pct", "share", "rate", "ratio"})) continue;
    const double near = range.high / 20;
    if (share_between(values, range.low, near) + share_between(values, range.high - near, range.high) >=
        crowded)
      return range;
  }
  return std::nullopt;
}

double skewness(const Eigen::ArrayXd& values) {
  const Eigen::ArrayXd t = values - values.mean();
  return t.cube().mean() / std::pow(t.square().mean(), 1.5);
}

// Above 0, and symmetrical by its logarithm rather than by itself.
bool is_positive(const Eigen::VectorXd& values) {
  if (!(values.minCoeff() > 0)) return false;
  const double itself = skewness(values.array()), logarithm = skewness(values.array().log());
  return itself > 1 && std::abs(logarithm) < itself / 2;
}

}  // namespace

std::string offers_of(const Eigen::MatrixXd& x, const Columns& columns, const Look& look,
                      const std::vector<eigenflow::FeatureSupport>& supports, const std::vector<Whole>& whole,
                      const std::string& continuous) {
  if (x.rows() < fewest) return {};
  std::string positive, integer, others;
  std::vector<std::string> refused;
  if (!continuous.empty())
    for (const ColumnReference& column : column_references(continuous)) refused.push_back(column.name);
  const auto add = [](std::string& list, const std::string& name) {
    list += (list.empty() ? "" : ",") + name;
  };
  const auto between = [](const Range& range) {
    return ':' + decimal(range.low) + ':' + decimal(range.high);
  };
  for (std::size_t j = 0; j < columns.features.size(); ++j) {
    const ColumnLook& column = look.columns[j];
    const std::string& label = columns.features[j];
    const std::string name = reference_to(label, columns.positions[j]);
    if (column.constant || (!supports.empty() && (supports[j].circle || std::isfinite(supports[j].low))))
      continue;
    const Eigen::VectorXd values = x.col(static_cast<Eigen::Index>(j));
    if (const std::optional<Range> circle = circle_of(values, label)) {
      others += " --periodic " + name + between(*circle);
    } else if (column.unit > 0) {
      const bool said = std::find(refused.begin(), refused.end(), name) != refused.end() ||
                        std::find(refused.begin(), refused.end(), label) != refused.end();
      if (!whole[j].is() && !said) add(integer, name);
    } else if (const std::optional<Range> interval = interval_of(values, label)) {
      others += " --interval " + name + between(*interval);
    } else if (is_positive(values)) {
      add(positive, name);
    }
  }
  std::string line;
  if (!positive.empty()) line += " --positive " + positive;
  if (!integer.empty()) line += " --integer " + integer;
  line += others;
  return line.empty() ? line : line.substr(1);
}

}  // namespace command
