#include "whole.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <eigenflow/numerics/log_sum.hpp>
#include <eigenflow/numerics/rng.hpp>

#include "numbers.hpp"
#include "table/cells.hpp"

namespace command {
namespace {

constexpr const char *names_note = "integer_columns", *positions_note = "integer_positions",
                     *units_note = "integer_units", *low_note = "integer_lowest",
                     *high_note = "integer_highest";

}  // namespace

void note_whole(const std::vector<std::string>& names, const std::vector<Whole>& columns,
                std::map<std::string, std::string>& notes) {
  std::vector<std::string> whole, units, low, high;
  std::string positions;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (!columns[j].is()) continue;
    whole.push_back(names[j]);
    positions += (positions.empty() ? "" : ",") + std::to_string(j + 1);
    units.push_back(decimal(columns[j].unit));
    low.push_back(decimal(columns[j].low));
    high.push_back(decimal(columns[j].high));
  }
  if (whole.empty()) return;
  notes[names_note] = table::line_of(whole);
  notes[positions_note] = positions;
  notes[units_note] = table::line_of(units);
  notes[low_note] = table::line_of(low);
  notes[high_note] = table::line_of(high);
}

std::vector<Whole> noted_whole(const std::vector<std::string>& names,
                               const std::map<std::string, std::string>& notes) {
  std::vector<Whole> columns(names.size());
  const auto list = [&](const char* note) {
    const auto found = notes.find(note);
    return found == notes.end() ? std::vector<std::string>() : table::cells(found->second);
  };
  const std::vector<std::string> whole = list(names_note), positions = list(positions_note),
                                 units = list(units_note), low = list(low_note), high = list(high_note);
  const std::size_t count = whole.size();
  if (units.size() != count || low.size() != count || high.size() != count) return columns;
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t at = names.size();
    if (positions.size() == count)
      at = static_cast<std::size_t>(table::number(positions[i]).value_or(0)) - 1;
    else if (std::count(names.begin(), names.end(), whole[i]) == 1)
      at = static_cast<std::size_t>(std::find(names.begin(), names.end(), whole[i]) - names.begin());
    const auto unit = table::number(units[i]), lowest = table::number(low[i]),
               highest = table::number(high[i]);
    if (at >= names.size() || !unit || !lowest || !highest || !(*unit > 0) || !(*lowest <= *highest))
      continue;
    columns[at] = {*unit, *lowest, *highest};
  }
  return columns;
}

Eigen::VectorXd log_probability(const std::vector<Whole>& columns, Eigen::Index draws,
                                const Eigen::MatrixXd& x,
                                const std::function<Eigen::VectorXd(const Eigen::MatrixXd&)>& log_density) {
  std::vector<Eigen::Index> whole;
  double log_units = 0;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (!columns[j].is()) continue;
    whole.push_back(static_cast<Eigen::Index>(j));
    log_units += std::log(columns[j].unit);
  }
  if (whole.empty()) return log_density(x);

  // The steps of the sequence are the powers of 1/g, where g^(d + 1) = g + 1: the golden ratio in one dimension.
  const double d = static_cast<double>(whole.size());
  double g = 2;
  for (int i = 0; i < 60; ++i) g = std::pow(1 + g, 1 / (d + 1));
  Eigen::VectorXd shift(static_cast<Eigen::Index>(whole.size()));
  eigenflow::Rng(0, 3).fill_uniform(shift);

  std::vector<eigenflow::detail::LogSum> sums(static_cast<std::size_t>(x.rows()));
  Eigen::MatrixXd moved = x;
  for (Eigen::Index k = 0; k < draws; ++k) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const Eigen::Index j = whole[i];
      const double step = std::pow(g, -static_cast<double>(i + 1)),
                   at = std::fmod(shift[static_cast<Eigen::Index>(i)] + static_cast<double>(k) * step, 1.0);
      moved.col(j) = x.col(j).array() + columns[static_cast<std::size_t>(j)].unit * (at - 0.5);
    }
    const Eigen::VectorXd log_p = log_density(moved);
    for (Eigen::Index i = 0; i < x.rows(); ++i) sums[static_cast<std::size_t>(i)].add(log_p[i]);
  }
  Eigen::VectorXd result(x.rows());
  for (Eigen::Index i = 0; i < x.rows(); ++i)
    result[i] = sums[static_cast<std::size_t>(i)].value() - std::log(static_cast<double>(draws)) + log_units;
  return result;
}

}  // namespace command
