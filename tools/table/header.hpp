#pragma once

#include <cstddef>
#include <eigenflow/numerics/finite.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "cells.hpp"
#include "dialect.hpp"
#include "number.hpp"

// Whether the first record of a CSV file names its columns.

namespace table {

/// What the caller says of the first record; `sniff`: nothing.
enum class Header { sniff, yes, no };

enum class FirstRecord { names, numbers, unclear };

namespace detail {

inline bool begins_as_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

inline bool is_whole(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The cells of a column below the first record.
template <class Use>
void for_each_below(const Sample& sample, std::size_t column, const Use& use) {
  for (std::size_t i = 1; i < sample.records.size(); ++i)
    if (column < sample.records[i].size()) use(sample.records[i][column]);
}

/// Whether a quoted number of the first record stands above numbers without quotes: then the quotes mean text.
inline bool is_quoted_name(const Sample& sample, std::size_t column, char decimal) {
  bool quoted = false, plain = false;
  for_each_below(sample, column, [&](const Cell& cell) {
    if (number(cell.text, decimal)) (cell.quoted ? quoted : plain) = true;
  });
  return sample.records.front()[column].quoted && plain && !quoted;
}

/// Whether the numbers count: 0,1,2 as pandas names columns, or 2019,2020 above columns of fractions.
inline bool counts_columns(const Sample& sample) {
  const std::vector<Cell>& first = sample.records.front();
  std::optional<double> start, before;
  for (const Cell& cell : first) {
    const std::optional<double> value = number(cell.text);
    if (!is_whole(cell.text) || !value || (before && *value != *before + 1)) return false;
    if (!start) start = value;
    before = value;
  }
  if (start == 0.0) return sample.records.size() > 1;
  for (std::size_t j = 0; j < first.size(); ++j) {
    bool fractions = false;
    for_each_below(sample, j, [&](const Cell& cell) {
      fractions = fractions || (number(cell.text) && !is_whole(cell.text) && !is_whole(cell.text.substr(1)));
    });
    if (!fractions) return false;
  }
  return first.size() > 1;
}

}  // namespace detail

/// Names where all of it is text, numbers where all of it is numbers or missing; unclear where it has both, and
/// where the numbers count as names do.
inline FirstRecord first_record_of(const Trial& trial) {
  if (trial.has_row_names()) return FirstRecord::names;
  const std::vector<Cell>& first = trial.sample.records.front();
  std::size_t texts = 0, plain_texts = 0, numbers = 0;
  for (std::size_t j = 0; j < first.size(); ++j) {
    const std::optional<double> value = number(first[j].text, trial.dialect.decimal);
    const bool name = detail::is_quoted_name(trial.sample, j, trial.dialect.decimal);
    if (!name && (value ? !eigenflow::detail::is_finite(*value) : is_missing(first[j].text)))
      continue;  // neither: NaN, NA, ?
    (value && !name ? numbers : texts) += 1;
    if (name || !detail::begins_as_number(first[j].text)) ++plain_texts;
  }
  if (texts > 0) return numbers == 0 && plain_texts > 0 ? FirstRecord::names : FirstRecord::unclear;
  const bool index = first.size() > 1 && first.front().text.empty();  // as pandas heads its index
  return numbers == 0 || index || detail::counts_columns(trial.sample) ? FirstRecord::unclear
                                                                       : FirstRecord::numbers;
}

/// Whether the first column of a table without names holds the names of rows: all of it in quotes, and numbers
/// without any beside it.
inline bool begins_with_row_names(const Sample& sample) {
  bool plain = false;
  for (const std::vector<Cell>& record : sample.records) {
    if (!record.front().quoted) return false;
    for (const Cell& cell : record) plain = plain || (!cell.quoted && number(cell.text));
  }
  return plain;
}

}  // namespace table
