#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <eigenflow/numerics/finite.hpp>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cells.hpp"
#include "content.hpp"
#include "dialect.hpp"
#include "header.hpp"
#include "reader.hpp"
#include "records.hpp"
#include "text.hpp"

namespace table {

/// Numbers separated by commas, semicolons, tabs or blanks, one sample a record. The separator is the one that
/// explains the first hundred records best. Rows are counted in lines of the file from 1, as an editor does.
class CsvReader : public Reader {
 public:
  CsvReader(std::shared_ptr<std::istream> in, const std::string& source, Header header = Header::sniff,
            Decimal decimal = Decimal::sniff)
      : Reader(source), records_(std::move(in)) {
    if (const std::optional<std::string> problem = not_text(records_.rest())) fail(*problem);
    const Trial trial = look(header, decimal);
    if (trial.sample.records.empty()) fail_at_end();
    records_.set_dialect(trial.dialect);
    if (decimal == Decimal::sniff && trial.dialect.decimal == ',') ask_for_decimal(trial);

    const std::vector<Cell>& first = trial.sample.records.front();
    FirstRecord kind = header == Header::yes ? FirstRecord::names : FirstRecord::numbers;
    if (header == Header::sniff) kind = first_record_of(trial);
    if (kind == FirstRecord::unclear) ask_for_header();
    row_names_ = trial.has_row_names();
    set_columns(static_cast<Eigen::Index>(first.size()));
    if (kind == FirstRecord::names)
      take_names(first);
    else if (begins_with_row_names(trial.sample))
      set_index(1);
  }

 private:
  // The beginning of the file, with two records where there are two.
  Trial look(Header header, Decimal decimal) {
    for (;;) {
      records_.set_line_end(Records::line_end_of(records_.rest()));
      if (!records_.skip_to_record()) fail_at_end();
      Trial trial = sniff_dialect(records_.rest(), records_.line_end(), records_.at_end(), decimal,
                                  header != Header::no);
      if (trial.sample.records.size() > 1 || records_.at_end() || !records_.read_more()) return trial;
    }
  }

  void take_names(const std::vector<Cell>& first) {
    std::vector<std::string> names;
    for (const Cell& cell : first) names.push_back(unquoted(cell, records_.dialect()));
    const auto named =
        std::find_if(names.begin(), names.end(), [](const auto& name) { return !name.empty(); });
    const Eigen::Index unnamed = named == names.end() ? 0 : named - names.begin();
    set_names(std::move(names));
    set_index(unnamed);  // as pandas and R write the index of their rows
    records_.next();
  }

  [[noreturn]] void ask_for_decimal(const Trial& trial) const {
    for (const auto& record : trial.sample.records)
      for (const Cell& cell : record)
        if (cell.text.find(',') != std::string_view::npos && number(cell.text, ','))
          fail("numbers have a comma, as " + shown(cell.text) +
               ": if it stands before a fraction, give --decimal comma");
    fail("give --decimal comma or --decimal point");
  }
  [[noreturn]] void ask_for_header() {
    const std::optional<std::string_view> first = records_.next();
    fail("does line " + std::to_string(records_.line()) + " name the columns (" + shown(first.value_or("")) +
         ")? Give --header, or --no-header if it holds numbers");
  }

  Eigen::Index fill(Rows& to) override {
    place_.assign(static_cast<std::size_t>(columns()), -1);
    for (std::size_t i = 0; i < chosen().size(); ++i)
      place_[static_cast<std::size_t>(chosen()[i])] = static_cast<Eigen::Index>(i);
    kept_place_.assign(kept().empty() ? 0 : place_.size(), -1);
    for (std::size_t i = 0; i < kept().size(); ++i)
      kept_place_[static_cast<std::size_t>(kept()[i])] = static_cast<Eigen::Index>(i);
    Eigen::Index count = 0;
    while (count < to.rows()) {
      const std::optional<std::string_view> record = records_.next();
      if (!record) {
        if (records_.problem() != Records::Problem::none) fail_at_end();
        break;
      }
      if (parse(*record, to.row(count).data())) {
        add_row(beside_text());
        ++count;
      } else {
        leave_row_out();
      }
    }
    return count;
  }

  // False if the row is to be left out.
  bool parse(std::string_view record, double* to) {
    bool complete = true;
    cells_.resize(kept().size());
    Eigen::Index column = row_names_ ? -1 : 0;
    for (Cells cells(record, records_.dialect()); cells.more(); ++column) {
      const Cell cell = cells.next();
      if (column >= columns()) reject_columns(record);
      if (column < 0) continue;
      const auto at = static_cast<std::size_t>(column);
      if (!kept().empty() && kept_place_[at] >= 0) cells_[static_cast<std::size_t>(kept_place_[at])] = cell;
      const Eigen::Index place = place_[at];
      if (place < 0) continue;
      const std::optional<double> value = number(cell.text, records_.dialect().decimal);
      if (value && eigenflow::detail::is_finite(*value))
        to[place] = *value;
      else if (leaves_out() && says_missing(cell.text, value))
        complete = false;
      else
        refuse_cell(cell.text, value, column);
    }
    if (column < columns()) reject_columns(record);
    return complete;
  }

  // Many programs write a missing number as NaN.
  static bool says_missing(std::string_view cell, const std::optional<double>& value) {
    return is_missing(cell) || (value && is_nan(*value));
  }

  // The kept cells of the last record.
  std::string beside_text() const {
    std::string text;
    for (const Cell& cell : cells_) {
      if (&cell != cells_.data()) text += ',';
      text += rewritten(cell, records_.dialect());
    }
    return text;
  }

  [[noreturn]] void refuse_cell(std::string_view cell, const std::optional<double>& value,
                                Eigen::Index column) const {
    const bool comma = records_.dialect().decimal == ',';
    std::string what = shown(cell) + (value ? " is not a finite number" : " is not a number");
    if (cell.empty())
      what = "the number is missing";
    else if (value && beyond_range(cell, *value))
      what = shown(cell) + " is beyond the range of a number, which ends at 1.8e308";
    else if (!value && number(cell, comma ? '.' : ','))
      what += comma ? " with a decimal comma" : " (with a decimal comma it is: --decimal comma)";
    else if (!value && !is_missing(cell))
      what += text_advice();
    if (says_missing(cell, value)) what += advice();
    fail(records_.line(), column, what);
  }
  [[noreturn]] void reject_columns(std::string_view record) const {
    Eigen::Index count = row_names_ ? -1 : 0;
    for (Cells cells(record, records_.dialect()); cells.more(); cells.next()) ++count;
    std::string what = "the line has " + std::to_string(count) + (count == 1 ? " column" : " columns") +
                       ", but the first has " + std::to_string(columns());
    if (row_names_) what += ", without the names of rows";
    if (!names().empty() && !row_names_ && count == columns() + 1)
      what += " names: if the first column holds names of rows, name it too";
    fail(records_.line(), std::min(std::max<Eigen::Index>(count, 0), columns()), what);
  }
  [[noreturn]] void fail_at_end() {
    if (records_.problem() == Records::Problem::none) records_.next();
    const std::string line = "line " + std::to_string(records_.line());
    switch (records_.problem()) {
      case Records::Problem::none:
        break;
      case Records::Problem::too_long:
        fail(line + " has no end: is this a table?");
      case Records::Problem::no_rows:
        fail(line + ": nothing but empty lines and comments for 64 MB: is this a table?");
      case Records::Problem::open_quotes:
        fail(line + ": quotes open and do not close");
      case Records::Problem::unreadable:
        fail("cannot be read to its end");
    }
    fail("there are no rows of numbers");
  }

  Records records_;
  bool row_names_ = false;                // one before each record, which no column is
  std::vector<Eigen::Index> place_;       // of a column in the rows that are read, -1: nowhere
  std::vector<Eigen::Index> kept_place_;  // the same for the columns that are kept as text
  std::vector<Cell> cells_;               // those of the last record
};

}  // namespace table
