#include "fit_data.hpp"

#include <algorithm>
#include <eigenflow/numerics/rng.hpp>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "columns.hpp"
#include "nearest.hpp"
#include "numbers.hpp"
#include "table/cells.hpp"
#include "table/table.hpp"
#include "usage_error.hpp"

namespace command {

namespace ef = eigenflow;

namespace {

std::string numbers_of(const std::vector<Eigen::Index>& numbers, std::size_t first, std::size_t last) {
  std::string list;
  for (std::size_t i = first; i < last; ++i) list += (i == first ? "" : ",") + std::to_string(numbers[i]);
  return list;
}

// Where the features are that options name.
class FeaturePlaces {
 public:
  explicit FeaturePlaces(const Columns& columns) : columns_(columns) {
    for (std::size_t j = 0; j < columns.features.size(); ++j) {
      by_label_.emplace(columns.features[j], j);
      by_position_.emplace(columns.positions[j], j);
    }
  }

  std::size_t of(const ColumnReference& column, const std::string& option) const {
    const auto label = by_label_.find(column.name);
    const auto position = by_position_.find(column.position);
    if (column.by_position ? position == by_position_.end() : label == by_label_.end())
      throw UsageError(option + ": " + column.text() + " is not a column of the fit, whose columns are " +
                       table::escaped(table::line_of(columns_.features)) +
                       or_nearest(column.name, columns_.features));
    return column.by_position ? position->second : label->second;
  }

 private:
  const Columns& columns_;
  std::unordered_map<std::string, std::size_t> by_label_;
  std::unordered_map<Eigen::Index, std::size_t> by_position_;
};

}  // namespace

std::map<std::string, std::string> Columns::notes() const {
  std::map<std::string, std::string> notes{{columns_note, table::line_of(features)},
                                           {positions_note, numbers_of(positions, 0, features.size())},
                                           {header_note, header ? "yes" : "no"}};
  if (context.empty()) return notes;
  notes[context_note] = table::line_of(context);
  notes[context_positions_note] = numbers_of(positions, features.size(), positions.size());
  return notes;
}

Columns choose(const table::Reader& reader, const DataOptions& data, const Aside& aside) {
  std::vector<Eigen::Index> context, features, weights;
  if (!data.context.empty()) context = find_columns(reader, column_references(data.context));
  if (!aside.weights.empty()) weights = find_columns(reader, {column_reference(aside.weights)});
  const std::unordered_set<Eigen::Index> is_context(context.begin(), context.end());
  if (!data.columns.empty()) {
    features = find_columns(reader, column_references(data.columns));
  } else {
    std::unordered_set<Eigen::Index> is_other = is_context;
    is_other.insert(weights.begin(), weights.end());
    if (!aside.exclude.empty())
      for (const Eigen::Index place : find_columns(reader, column_references(aside.exclude))) {
        if (is_context.count(place) > 0)
          throw UsageError("column " + table::shown(reader.label(place)) +
                           " is named by --exclude and by --context");
        is_other.insert(place);
      }
    for (const Eigen::Index place : reader.chosen())
      if (is_other.count(place) == 0) features.push_back(place);
  }
  if (features.empty())
    throw UsageError("no column is left to fit: all of them are named by --context, --weights or --exclude");
  Columns columns;
  columns.header = !reader.names().empty();
  if (reader.index() > 0 && data.columns.empty())
    columns.left_out = reader.index() == 1 ? "column 1, an index of the rows, is left out"
                                           : "columns 1 to " + std::to_string(reader.index()) +
                                                 ", an index of the rows, are left out";
  const auto add = [&](Eigen::Index place, std::vector<std::string>& labels) {
    std::string label = reader.label(place);
    if (!table::is_utf8(label))
      throw std::runtime_error(
          table::escaped(reader.source()) + ": the name of column " + std::to_string(place + 1) + ", " +
          table::shown(label) +
          ", is not UTF-8, as a text of a model file should be: convert the table, as by "
          "iconv -f latin1 -t utf-8");
    labels.push_back(std::move(label));
    columns.positions.push_back(place + 1);
  };
  for (const Eigen::Index place : features) {
    if (is_context.count(place) > 0)
      throw UsageError("column " + table::shown(reader.label(place)) +
                       " is named by --columns and by --context");
    add(place, columns.features);
  }
  for (const Eigen::Index place : context) add(place, columns.context);
  for (const Eigen::Index place : weights) {
    if (is_context.count(place) > 0 || std::count(features.begin(), features.end(), place) > 0)
      throw UsageError("--weights: column " + table::shown(reader.label(place)) +
                       " is named by --columns or --context too");
    columns.weights = reader.label(place);
    columns.weights_position = place + 1;
  }
  return columns;
}

Sample read(table::Reader& reader, const Columns& columns) {
  FittedColumns all{.labels = columns.features, .positions = columns.positions, .header = columns.header};
  all.labels.insert(all.labels.end(), columns.context.begin(), columns.context.end());
  const bool weighs = columns.weights_position > 0;
  if (weighs) {
    all.labels.push_back(columns.weights);
    all.positions.push_back(columns.weights_position);
  }
  choose_fitted(reader, all, "the fit");
  const Eigen::MatrixXd rows = table::read_all(reader);
  const auto features = static_cast<Eigen::Index>(columns.features.size());
  Sample sample{rows.leftCols(features),
                rows.middleCols(features, static_cast<Eigen::Index>(columns.context.size()))};
  if (weighs) sample.w = rows.col(rows.cols() - 1);
  return sample;
}

std::vector<Eigen::Index> weighted_rows(const Sample& sample, const Columns& columns,
                                        const std::string& source) {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(table::escaped(source) + ": column " + table::shown(columns.weights) + what +
                             ": weights are numbers from 0 on, and not all 0");
  };
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < sample.w.size(); ++i) {
    if (sample.w[i] < 0)
      fail(" has the weight " + decimal(sample.w[i]) + " in row " + std::to_string(i + 1) +
           " of the numbers");
    if (sample.w[i] > 0) rows.push_back(i);
  }
  if (rows.empty()) fail(" has no weight above 0");
  return rows;
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
  Sample taken{table::take_rows(sample.x, rows), table::take_rows(sample.c, rows)};
  if (sample.w.size() > 0) taken.w = table::take_rows(sample.w, rows);
  return taken;
}

std::vector<Whole> whole_columns(const std::string& integer, const std::string& continuous, const Look& look,
                                 const Columns& columns, const std::vector<ef::FeatureSupport>& supports,
                                 const std::string& source) {
  constexpr Eigen::Index a_few = 5;
  enum class Said { nothing, whole, not_whole };
  const std::size_t count = columns.features.size();
  std::vector<Said> said(count, Said::nothing);
  const FeaturePlaces places(columns);
  const auto note = [&](const std::string& list, Said what, const std::string& option) {
    if (list.empty()) return;
    for (const ColumnReference& column : column_references(list)) {
      Said& now = said[places.of(column, option)];
      if (now != Said::nothing && now != what)
        throw UsageError(column.text() + " is named by --integer and by --continuous");
      now = what;
    }
  };
  note(integer, Said::whole, "--integer");
  note(continuous, Said::not_whole, "--continuous");

  std::vector<Whole> whole(count);
  for (std::size_t j = 0; j < count; ++j) {
    const ColumnLook& column = look.columns[j];
    const bool found = column.unit > 0 && column.distinct > a_few;
    if (said[j] == Said::not_whole || (said[j] == Said::nothing && !found)) continue;
    const bool zeros = column.low == 0 && column.high == 0;
    if (!(column.unit > 0) && !zeros)
      throw std::runtime_error(
          table::escaped(source) + ": column " + table::shown(columns.features[j]) +
          " is named by --integer, but not all of its values are whole numbers below 1e15");
    whole[j] = whole_within(zeros ? 1 : column.unit, supports.empty() ? ef::real() : supports[j]);
  }
  return whole;
}

std::vector<ef::FeatureSupport> supports_of(const std::vector<std::string>& positive,
                                            const std::vector<std::string>& interval,
                                            const std::vector<std::string>& periodic,
                                            const Columns& columns) {
  if (positive.empty() && interval.empty() && periodic.empty()) return {};
  std::vector<ef::FeatureSupport> supports(columns.features.size(), ef::real());
  const FeaturePlaces places(columns);
  for (const std::string& list : positive)
    for (const ColumnReference& column : column_references(list))
      supports[places.of(column, "--positive")] = ef::positive();
  const auto set_between = [&](const std::vector<std::string>& texts, const char* option,
                               const auto& support) {
    for (const std::string& text : texts) {
      const std::size_t second = text.rfind(':'), first = second == 0 ? second : text.rfind(':', second - 1);
      if (second == std::string::npos || first == std::string::npos || first == second)
        throw UsageError(std::string(option) + " expects NAME:LOW:HIGH, but got " + table::shown(text));
      constexpr double infinite = std::numeric_limits<double>::infinity();
      constexpr NumberRange any{.low = -infinite, .high = infinite};
      const double low = number_of(text.substr(first + 1, second - first - 1), any, option),
                   high = number_of(text.substr(second + 1), any, option);
      if (!(low < high))
        throw UsageError(std::string(option) + " expects LOW below HIGH, but got " + table::shown(text));
      supports[places.of(column_reference(std::string_view(text).substr(0, first)), option)] =
          support(low, high);
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
    throw std::runtime_error(table::escaped(source) + ": column " + table::shown(names[j]) +
                             " has the value " + value + " in row " +
                             std::to_string(beyond - column.begin() + 1) +
                             " of the numbers, on or beyond an edge, where the density is zero: the edges "
                             "must lie outside of the data");
  }
}

}  // namespace command
