#include "fit_data.hpp"

#include <algorithm>
#include <eigenflow/numerics/rng.hpp>
#include <limits>
#include <stdexcept>

#include "columns.hpp"
#include "numbers.hpp"
#include "table/cells.hpp"
#include "table/table.hpp"
#include "usage_error.hpp"

namespace command {

namespace ef = eigenflow;

Columns choose(const table::Reader& reader, const DataOptions& data) {
  Columns columns;
  const auto names_of = [&](const std::vector<Eigen::Index>& places) {
    std::vector<std::string> names;
    for (const Eigen::Index place : places) names.push_back(column_name(reader, place));
    return names;
  };
  std::vector<Eigen::Index> context, features;
  if (!data.context.empty()) context = find_columns(reader, table::cells(data.context));
  if (!data.columns.empty()) {
    features = find_columns(reader, table::cells(data.columns));
  } else {
    for (Eigen::Index j = 0; j < reader.columns(); ++j)
      if (std::find(context.begin(), context.end(), j) == context.end()) features.push_back(j);
  }
  if (features.empty()) throw UsageError("no column is left to fit: all of them are named by --context");
  for (const Eigen::Index place : context)
    if (std::find(features.begin(), features.end(), place) != features.end())
      throw UsageError("column \"" + column_name(reader, place) +
                       "\" is named by --columns and by --context");
  return {names_of(features), names_of(context)};
}

Sample read(table::Reader& reader, const Columns& columns) {
  std::vector<std::string> all = columns.features;
  all.insert(all.end(), columns.context.begin(), columns.context.end());
  reader.choose(find_columns(reader, all));
  const Eigen::MatrixXd rows = table::read_all(reader);
  return {rows.leftCols(static_cast<Eigen::Index>(columns.features.size())),
          rows.rightCols(static_cast<Eigen::Index>(columns.context.size()))};
}

Sample hold_out(Sample& sample, double share, std::uint64_t seed) {
  ef::Rng rng(seed, 1);
  const Eigen::VectorX<Eigen::Index> order = rng.permutation(sample.x.rows());
  const auto count = static_cast<Eigen::Index>(share * static_cast<double>(order.size()));
  const std::vector<Eigen::Index> held(order.begin(), order.begin() + count),
      left(order.begin() + count, order.end());
  Sample result = take(sample, held);
  sample = take(sample, left);
  return result;
}

Eigen::MatrixXd joined(const Sample& sample) {
  Eigen::MatrixXd all(sample.x.rows(), sample.x.cols() + sample.c.cols());
  all << sample.x, sample.c;
  return all;
}

Sample take(const Sample& sample, const std::vector<Eigen::Index>& rows) {
  return {table::take_rows(sample.x, rows), table::take_rows(sample.c, rows)};
}

std::vector<Whole> whole_columns(const std::string& integer, const std::string& continuous, const Look& look,
                                 const std::vector<std::string>& names,
                                 const std::vector<ef::FeatureSupport>& supports, const std::string& source) {
  constexpr Eigen::Index a_few = 5;
  enum class Said { nothing, whole, not_whole };
  std::vector<Said> said(names.size(), Said::nothing);
  const auto note = [&](const std::string& list, Said what, const std::string& option) {
    if (list.empty()) return;
    for (const std::string& name : table::cells(list)) {
      const auto found = std::find(names.begin(), names.end(), name);
      if (found == names.end())
        throw UsageError(option + ": \"" + name + "\" is no column of the fit, but " + table::line_of(names));
      Said& now = said[static_cast<std::size_t>(found - names.begin())];
      if (now != Said::nothing && now != what)
        throw UsageError("\"" + name + "\" is named by --integer and by --continuous");
      now = what;
    }
  };
  note(integer, Said::whole, "--integer");
  note(continuous, Said::not_whole, "--continuous");

  std::vector<Whole> whole(names.size());
  for (std::size_t j = 0; j < names.size(); ++j) {
    const ColumnLook& column = look.columns[j];
    const bool found = column.unit > 0 && column.distinct > a_few;
    if (said[j] == Said::not_whole || (said[j] == Said::nothing && !found)) continue;
    const bool zeros = column.low == 0 && column.high == 0;
    if (!(column.unit > 0) && !zeros)
      throw std::runtime_error(
          source + ": column \"" + names[j] +
          "\" is named by --integer, but not all of its values are whole numbers below 1e15");
    whole[j] = whole_within(zeros ? 1 : column.unit, supports.empty() ? ef::real() : supports[j]);
  }
  return whole;
}

std::vector<ef::FeatureSupport> supports_of(const std::vector<std::string>& positive,
                                            const std::vector<std::string>& interval,
                                            const std::vector<std::string>& periodic,
                                            const std::vector<std::string>& names) {
  if (positive.empty() && interval.empty() && periodic.empty()) return {};
  std::vector<ef::FeatureSupport> supports(names.size(), ef::real());
  const auto set = [&](const std::string& name, const ef::FeatureSupport& support) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw UsageError("\"" + name + "\", which is to have edges, is no column of the fit");
    supports[static_cast<std::size_t>(found - names.begin())] = support;
  };
  for (const std::string& list : positive)
    for (const std::string& name : table::cells(list)) set(name, ef::positive());
  const auto set_between = [&](const std::vector<std::string>& texts, const char* option,
                               const auto& support) {
    for (const std::string& text : texts) {
      const std::size_t second = text.rfind(':'), first = second == 0 ? second : text.rfind(':', second - 1);
      if (second == std::string::npos || first == std::string::npos || first == second)
        throw UsageError(std::string(option) + " wants NAME:LOW:HIGH, but got \"" + text + '"');
      constexpr double infinite = std::numeric_limits<double>::infinity();
      constexpr NumberRange any{.low = -infinite, .high = infinite};
      const double low = number_of(text.substr(first + 1, second - first - 1), any, option),
                   high = number_of(text.substr(second + 1), any, option);
      if (!(low < high))
        throw UsageError(std::string(option) + " wants LOW below HIGH, but got \"" + text + '"');
      set(text.substr(0, first), support(low, high));
    }
  };
  set_between(interval, "--interval", ef::interval);
  set_between(periodic, "--periodic", ef::circle);
  return supports;
}

void check_edges(const std::vector<ef::FeatureSupport>& supports, const Sample& sample,
                 const std::vector<std::string>& names, const std::string& source) {
  for (std::size_t j = 0; j < supports.size(); ++j) {
    if (supports[j].circle) continue;  // any number is a point of it
    const auto column = sample.x.col(static_cast<Eigen::Index>(j));
    const auto beyond = std::find_if(column.begin(), column.end(), [&](double value) {
      return !(value > supports[j].low && value < supports[j].high);
    });
    if (beyond == column.end()) continue;
    std::string value;
    table::append_number(*beyond, value);
    throw std::runtime_error(source + ": column \"" + names[j] + "\" has the value " + value + " in row " +
                             std::to_string(beyond - column.begin() + 1) +
                             " of the numbers, on or beyond an edge, where the density is zero: the edges "
                             "must lie outside of the data");
  }
}

}  // namespace command
