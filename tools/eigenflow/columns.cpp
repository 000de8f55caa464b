#include "columns.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "nearest.hpp"
#include "table/cells.hpp"

namespace command {
namespace {

[[noreturn]] void fail(const table::Reader& reader, const std::string& what) {
  throw std::runtime_error(table::escaped(reader.source()) + ": " + what);
}

std::string labels_of(const table::Reader& reader) {
  constexpr Eigen::Index most = 20;
  std::string list;
  for (Eigen::Index j = 0; j < std::min(reader.columns(), most); ++j) {
    const std::string label = table::shown(reader.label(j));
    list += (j == 0 ? "" : ", ") + label.substr(1, label.size() - 2);
  }
  return list + (reader.columns() > most ? ", ..." : "");
}

std::string nearest_of(const table::Reader& reader, const std::string& name) {
  std::vector<std::string> labels;
  for (Eigen::Index j = 0; j < reader.columns(); ++j) labels.push_back(reader.label(j));
  return or_nearest(name, labels);
}

std::unordered_map<std::string, Eigen::Index> places_by_label(const table::Reader& reader) {
  std::unordered_map<std::string, Eigen::Index> places;
  for (Eigen::Index j = 0; j < reader.columns(); ++j) places.emplace(reader.label(j), j);
  return places;
}

ColumnReference reference(std::string_view text, bool quoted) {
  constexpr std::string_view prefix = "name:";
  ColumnReference result{.name = std::string(text)};
  if (quoted) return result;
  if (text.starts_with(prefix)) return {.name = std::string(text.substr(prefix.size()))};
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return result;
  result.by_position = true;
  if (std::from_chars(text.data(), text.data() + text.size(), result.position).ec != std::errc())
    result.position = std::numeric_limits<Eigen::Index>::max();
  return result;
}

}  // namespace

ColumnReference column_reference(std::string_view text) {
  const std::size_t size = text.size();
  if (size < 2 || text.front() != '"' || table::closing_quote(text, 1, {}) != size - 1)
    return reference(text, false);
  return reference(table::unquoted({.text = text.substr(1, size - 2), .quoted = true}), true);
}

std::vector<ColumnReference> column_references(const std::string& list) {
  std::vector<ColumnReference> references;
  for (table::Cells cells(list, {}); cells.more();) {
    const table::Cell cell = cells.next();
    references.push_back(reference(table::unquoted(cell), cell.quoted));
  }
  return references;
}

std::vector<Eigen::Index> find_columns(const table::Reader& reader,
                                       const std::vector<ColumnReference>& wanted) {
  const auto by_label = places_by_label(reader);
  std::unordered_set<Eigen::Index> taken;
  std::vector<Eigen::Index> places;
  for (const ColumnReference& column : wanted) {
    const auto found = by_label.find(column.name);
    Eigen::Index place = column.position - 1;
    if (!column.by_position && found != by_label.end()) {
      place = found->second;
    } else if (!column.by_position) {
      if (std::count(reader.names().begin(), reader.names().end(), column.name) > 1)
        fail(reader, column.text() + " is there twice: give its number");
      fail(reader,
           "there is no " + column.text() +
               (reader.names().empty()
                    ? ": the columns have no names, and numbers from 1 to " + std::to_string(reader.columns())
                    : ", but " + labels_of(reader) + nearest_of(reader, column.name)));
    } else if (place < 0 || place >= reader.columns()) {
      fail(reader,
           "there is no " + column.text() + ", but columns 1 to " + std::to_string(reader.columns()) +
               (found != by_label.end() ? ": write name:" + column.name + " for the column of that name"
                                        : ""));
    }
    if (!taken.insert(place).second) fail(reader, column.text() + " is asked for twice");
    places.push_back(place);
  }
  return places;
}

std::vector<Eigen::Index> find_fitted(const table::Reader& reader, const FittedColumns& fitted,
                                      const std::string& fitted_to) {
  std::vector<Eigen::Index> places;
  if (fitted.labels.empty()) return places;
  if (reader.names().empty() && fitted.header)
    fail(reader, "the columns have no names, but those of " + fitted_to + " have: give " + fitted.option +
                     " and --context by number, or --header");
  if (reader.names().empty()) {
    for (const Eigen::Index position : fitted.positions) {
      if (position > reader.columns())
        fail(reader, fitted_to + " expects column " + std::to_string(position) +
                         ", but there are columns 1 to " + std::to_string(reader.columns()));
      places.push_back(position - 1);
    }
    return places;
  }
  const auto by_label = places_by_label(reader);
  for (const std::string& label : fitted.labels) {
    const auto found = by_label.find(label);
    if (found == by_label.end() && !fitted.header)
      fail(reader, "the columns have names (" + labels_of(reader) + "), but those of " + fitted_to +
                       " have none: give " + fitted.option + ", or --no-header");
    if (found == by_label.end())
      fail(reader, "there is no column " + table::shown(label) + ", but " + labels_of(reader) +
                       nearest_of(reader, label));
    places.push_back(found->second);
  }
  return places;
}

void choose_fitted(table::Reader& reader, const FittedColumns& fitted, const std::string& fitted_to) {
  const std::size_t count = fitted.labels.size();
  const auto beyond = [&](Eigen::Index position) { return position > reader.columns(); };
  // A table of as many columns, but not as wide as that of the fit, has those columns alone.
  const bool cut = reader.chosen().size() == count &&
                   std::any_of(fitted.positions.begin(), fitted.positions.end(), beyond);
  if (!reader.names().empty() || (!fitted.header && !cut))
    return reader.choose(find_fitted(reader, fitted, fitted_to));
  if (reader.chosen().size() != count)
    fail(reader, "the table has " + std::to_string(reader.chosen().size()) + " columns without names, but " +
                     fitted_to + " expects " + std::to_string(count) + ": give " + fitted.option);
}

}  // namespace command
