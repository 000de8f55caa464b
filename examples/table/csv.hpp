#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdlib>
#include <istream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace table {

/// Rows are samples; `names` has one entry a column, or none where the file gave no names.
struct Table {
  std::vector<std::string> names;
  Eigen::MatrixXd values;
};

namespace detail {

/// The cells of a line, without the blanks and the quotes around them.
inline std::vector<std::string> cells(const std::string& line, char separator) {
  std::vector<std::string> cells;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = line.find(separator, begin);
    std::string cell = line.substr(begin, end == std::string::npos ? end : end - begin);
    constexpr const char* padding = " \t\r\"";
    const std::size_t first = cell.find_first_not_of(padding);
    cells.push_back(
        first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(padding) - first + 1));
  }
  return cells;
}

inline std::optional<double> number(const std::string& cell) {
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  if (cell.empty() || *end != '\0') return std::nullopt;
  return value;
}

}  // namespace detail

/// Comma-separated numbers (or by semicolons or tabs), one sample a line. A first line that is no row of
/// numbers gives the names; empty lines and those that begin with # are skipped. Throws std::runtime_error
/// with the source's name, the line and the column, both from 1, as an editor counts them.
inline Table read_csv(std::istream& in, const std::string& source) {
  Table table;
  std::vector<double> values;
  std::size_t columns = 0;
  char separator = ',';
  std::string line;
  for (std::size_t at = 1; std::getline(in, line); ++at) {
    if (at == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // the mark of UTF-8
    if (line.find_first_not_of(" \t\r") == std::string::npos || line.front() == '#') continue;
    const auto fail = [&](const std::string& what) {
      throw std::runtime_error(source + ", line " + std::to_string(at) + what);
    };

    const bool first = columns == 0;
    if (first)
      for (const char candidate : {'\t', ';', ','})
        if (line.find(candidate) != std::string::npos) separator = candidate;
    const std::vector<std::string> cells = detail::cells(line, separator);
    if (first) {
      columns = cells.size();
      bool numbers = true;
      for (const std::string& cell : cells) numbers = numbers && (cell.empty() || detail::number(cell));
      if (!numbers) {
        table.names = cells;
        continue;
      }
    }
    if (cells.size() != columns)
      fail(" has " + std::to_string(cells.size()) + " columns, but the lines before it have " +
           std::to_string(columns));
    for (std::size_t j = 0; j < columns; ++j) {
      const std::optional<double> value = detail::number(cells[j]);
      if (!value || !std::isfinite(*value))
        fail(", column " + std::to_string(j + 1) + (table.names.empty() ? "" : " (" + table.names[j] + ")") +
             (cells[j].empty() ? " is empty" : ": \"" + cells[j] + "\" is no finite number"));
      values.push_back(*value);
    }
  }
  if (values.empty()) throw std::runtime_error(source + " has no rows of numbers");

  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto width = static_cast<Eigen::Index>(columns);
  table.values =
      Eigen::Map<const RowMajor>(values.data(), static_cast<Eigen::Index>(values.size()) / width, width);
  return table;
}

}  // namespace table
