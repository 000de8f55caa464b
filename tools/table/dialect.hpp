#pragma once

#include <algorithm>
#include <eigenflow/numerics/finite.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cells.hpp"
#include "records.hpp"

// How the cells of a CSV file are written, by its first records.

namespace table {

/// The mark before a fraction; `sniff`: a comma is found, and asked about.
enum class Decimal { sniff, point, comma };

/// The first records of a file.
struct Sample {
  std::vector<std::vector<Cell>> records;
  bool clean = true;  ///< no quote stands where none can be
};

/// The records that are whole in the beginning of a file, a hundred at most; `last`: it is all of the file.
inline Sample sample_of(std::string_view text, char line_end, bool last, const Dialect& dialect) {
  constexpr std::size_t most = 100;
  Sample sample;
  Lines lines;
  bool open = false;
  while (sample.records.size() < most) {
    const std::optional<std::string_view> record = take_record(text, line_end, last, dialect, lines, open);
    if (!record) break;
    std::vector<Cell>& cells = sample.records.emplace_back();
    for (Cells all(*record, dialect); all.more();) {
      cells.push_back(all.next());
      sample.clean = sample.clean && !cells.back().stray;
    }
  }
  sample.clean = sample.clean && !(open && last);
  return sample;
}

/// How well a dialect explains a file, the best last.
enum class Evenness {
  ragged,      ///< records of several lengths
  weak_names,  ///< as row_names, but those count the rows, or end in a number themselves
  one_column,  ///< and all of it numbers
  row_names,   ///< one more column than names, the first of which holds text: R's write.table
  even,        ///< the same number of columns in all records
};

struct Trial {
  Dialect dialect;
  Sample sample;
  Evenness evenness = Evenness::ragged;
  double agreement = 0;   ///< the share of the records that have as many columns as the first
  double numbers = 0;     ///< the share of the cells below the first record that are numbers
  bool expected = false;  ///< there are the decimal commas that the caller speaks of

  /// Whether the first record has one column fewer than the others, which begin with the name of a row.
  bool has_row_names() const { return evenness == Evenness::weak_names || evenness == Evenness::row_names; }
};

namespace detail {

inline double share_of_numbers(const Trial& trial, char decimal) {
  const auto& records = trial.sample.records;
  const std::size_t names = trial.has_row_names() ? 1 : 0, size = records.front().size() + names;
  std::size_t numbers = 0, texts = 0;
  for (std::size_t i = records.size() > 1 ? 1 : 0; i < records.size(); ++i)
    for (std::size_t j = names; j < records[i].size() && records[i].size() == size; ++j) {
      if (number(records[i][j].text, decimal))
        ++numbers;
      else if (!is_missing(records[i][j].text))
        ++texts;
    }
  return numbers == 0 ? 0 : static_cast<double>(numbers) / static_cast<double>(numbers + texts);
}

/// Whether the last word of a text is a number.
inline bool ends_in_number(std::string_view text) {
  const std::size_t word = text.find_last_of(" \t;");
  return word != std::string_view::npos &&
         (number(text.substr(word + 1), '.') || number(text.substr(word + 1), ','));
}

/// Whether the first cells of the records below the first can be the names of rows, and of which kind.
inline Evenness row_names_of(const Sample& sample) {
  bool quoted = true, text = true, some_text = false, counts = sample.records.size() > 2, weak = false;
  std::optional<double> before;
  for (std::size_t i = 1; i < sample.records.size(); ++i) {
    const Cell& cell = sample.records[i].front();
    const std::optional<double> value = number(cell.text);
    quoted = quoted && cell.quoted;
    // A row may be called "nan", but not all rows.
    const bool missing = is_missing(cell.text) || (value && !eigenflow::detail::is_finite(*value));
    text = text && (!value || missing);
    some_text = some_text || (!value && !missing);
    counts = counts && value && (!before || *value == *before + 1);
    weak = weak || ends_in_number(cell.text);
    before = value;
  }
  text = text && some_text;
  if (quoted || (text && !weak)) return Evenness::row_names;
  return text || counts ? Evenness::weak_names : Evenness::ragged;
}

inline bool has_decimal_commas(const Sample& sample) {
  for (const std::vector<Cell>& record : sample.records)
    for (const Cell& cell : record)
      if (cell.text.find(',') != std::string_view::npos && number(cell.text, ',')) return true;
  return false;
}

inline Evenness evenness_of(const Trial& trial, bool names) {
  const auto& records = trial.sample.records;
  const std::size_t size = records.front().size(), below = records.size() > 1 ? records[1].size() : size;
  for (std::size_t i = 2; i < records.size(); ++i)
    if (records[i].size() != below) return Evenness::ragged;
  if (size == below) return size > 1 ? Evenness::even : Evenness::one_column;
  return names && below == size + 1 ? row_names_of(trial.sample) : Evenness::ragged;
}

inline Trial trial_of(Sample sample, const Dialect& dialect, Decimal decimal, bool names) {
  Trial trial{dialect, std::move(sample)};
  const auto& records = trial.sample.records;
  if (records.empty()) return trial;
  trial.evenness = evenness_of(trial, names);
  const auto agrees = [&](const std::vector<Cell>& record) {
    return record.size() == records.front().size();
  };
  trial.agreement = static_cast<double>(std::count_if(records.begin(), records.end(), agrees)) /
                    static_cast<double>(records.size());
  const double point = decimal == Decimal::comma ? -1 : share_of_numbers(trial, '.');
  const double comma = decimal == Decimal::point ? -1 : share_of_numbers(trial, ',');
  trial.dialect.decimal = comma > point ? ',' : '.';
  trial.numbers = std::max(point, comma);
  if (trial.evenness == Evenness::one_column) {
    // In a single column without quotes, a comma of the name says that commas separate.
    const Cell& name = records.front().front();
    const bool separates = trial.dialect.decimal == ',' && decimal == Decimal::sniff && !name.quoted &&
                           !number(name.text, ',') && name.text.find(',') != std::string_view::npos;
    if (trial.numbers < 1 || separates) trial.evenness = Evenness::ragged;
  }
  trial.expected =
      decimal == Decimal::comma && trial.evenness != Evenness::ragged && has_decimal_commas(trial.sample);
  return trial;
}

inline bool better(const Trial& a, const Trial& b) {
  if (a.expected != b.expected) return a.expected;
  const bool both_even = a.evenness != Evenness::ragged && b.evenness != Evenness::ragged;
  if (both_even && a.sample.clean != b.sample.clean) return a.sample.clean;
  if (a.evenness != b.evenness) return a.evenness > b.evenness;
  if (a.sample.clean != b.sample.clean) return a.sample.clean;
  const bool several = a.sample.records.front().size() > 1, others = b.sample.records.front().size() > 1;
  if (a.evenness == Evenness::ragged && several != others) return several;
  if (a.evenness == Evenness::ragged && a.agreement != b.agreement) return a.agreement > b.agreement;
  if (a.numbers != b.numbers) return a.numbers > b.numbers;
  if (a.dialect.decimal != b.dialect.decimal) return a.dialect.decimal == ',';  // which is asked about
  return a.evenness < Evenness::row_names && !several && a.dialect.separator == ',';
}

}  // namespace detail

/// The dialect that explains the beginning of a file best; `names`: whether its first record may name the columns.
/// Without records where no record is whole.
inline Trial sniff_dialect(std::string_view text, char line_end, bool last, Decimal decimal, bool names) {
  const bool may_escape = text.find("\\\"") != std::string_view::npos;
  Trial best;
  // Of separators that explain a file equally well, the one that is rarest in text and numbers.
  for (const char separator : {'\t', ';', ',', ' '}) {
    Dialect dialect{.separator = separator};
    Sample sample = sample_of(text, line_end, last, dialect);
    if (may_escape && !sample.clean) {
      Dialect escaping = dialect;
      escaping.escapes = true;
      Sample other = sample_of(text, line_end, last, escaping);
      if (other.clean) {
        dialect = escaping;
        sample = std::move(other);
      }
    }
    Trial trial = detail::trial_of(std::move(sample), dialect, decimal, names);
    if (trial.sample.records.empty()) continue;
    if (best.sample.records.empty() || detail::better(trial, best)) best = std::move(trial);
  }
  return best;
}

}  // namespace table
