#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstring>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cells.hpp"
#include "reader.hpp"

namespace table {

/// Whether the first line of a CSV file names the columns; `sniff`: it does when a field of it is no number.
enum class Header { sniff, yes, no };

/// Numbers separated by commas, semicolons, tabs or blanks, one sample a line. Empty lines and those that begin
/// with # are skipped; rows are counted in lines of the file from 1, as an editor does.
class CsvReader : public Reader {
 public:
  CsvReader(std::shared_ptr<std::istream> in, const std::string& source, Header header = Header::sniff)
      : Reader(std::move(in), source), buffer_(piece, '\0') {
    const std::optional<std::string_view> first = next_line();
    if (!first) fail("there are no rows of numbers");
    separator_ = separator_of(*first);
    std::vector<std::string> names;
    bool numbers = true;
    for (Cells cells(*first, separator_); cells.more();) {
      const std::string_view cell = cells.next();
      numbers = numbers && (cell.empty() || number(cell));
      names.push_back(unquoted(cell));
    }
    set_columns(static_cast<Eigen::Index>(names.size()));
    if (header == Header::yes || (header == Header::sniff && !numbers))
      set_names(std::move(names));
    else
      first_ = std::string(*first);
  }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 16, longest_line = std::size_t{1} << 26;

  static char separator_of(std::string_view line) {
    for (const char candidate : {',', ';', '\t'})
      if (line.find(candidate) != std::string_view::npos) return candidate;
    const std::size_t from = line.find_first_not_of(' '), quote = line.find('"');
    return quote == std::string_view::npos && line.find(' ', from) < line.find_last_not_of(' ') ? ' ' : ',';
  }

  Eigen::Index fill(Rows& to) override {
    place_.assign(static_cast<std::size_t>(columns()), -1);
    for (std::size_t i = 0; i < chosen().size(); ++i)
      place_[static_cast<std::size_t>(chosen()[i])] = static_cast<Eigen::Index>(i);
    Eigen::Index count = 0;
    if (first_ && to.rows() > 0) {
      parse(*first_, to.row(count++).data());
      first_.reset();
    }
    for (; count < to.rows(); ++count) {
      const std::optional<std::string_view> line = next_line();
      if (!line) break;
      parse(*line, to.row(count).data());
    }
    return count;
  }

  void parse(std::string_view line, double* to) const {
    Eigen::Index column = 0;
    for (Cells cells(line, separator_); cells.more(); ++column) {
      const std::string_view cell = cells.next();
      if (column >= columns()) reject_columns(line);
      const Eigen::Index place = place_[static_cast<std::size_t>(column)];
      if (place < 0) continue;
      const std::optional<double> value = number(cell);
      if (!value || !eigenflow::detail::is_finite(*value))
        fail(line_number_, column,
             cell.empty()
                 ? "the number is missing"
                 : '"' + std::string(cell.substr(0, 40)) + "\" is no " + (value ? "finite " : "") + "number");
      to[place] = *value;
    }
    if (column < columns()) reject_columns(line);
  }
  [[noreturn]] void reject_columns(std::string_view line) const {
    const auto count = static_cast<Eigen::Index>(cells(line, separator_).size());
    fail(line_number_, std::min(count, columns()),
         "the line has " + std::to_string(count) + (count == 1 ? " column" : " columns") +
             ", but the first has " + std::to_string(columns()));
  }

  // The next line that is neither empty nor a comment, valid until the next call; nothing at the end.
  std::optional<std::string_view> next_line() {
    for (;;) {
      std::size_t end = find_newline();
      if (end == std::string::npos) {
        if (begin_ == filled_) return std::nullopt;
        end = filled_;  // the last line, without an end of its own
      }
      std::string_view line(buffer_.data() + begin_, end - begin_);
      begin_ = std::min(end + 1, filled_);
      if (++line_number_ == 1 && line.starts_with("\xEF\xBB\xBF"))
        line.remove_prefix(3);  // the mark of UTF-8
      while (!line.empty() && (line.back() == '\r' || (line.back() == ' ' && separator_ != '\t')))
        line.remove_suffix(1);
      if (line.find_first_not_of(" \t") != std::string_view::npos && line.front() != '#') return line;
    }
  }
  // Where the line that begins at begin_ ends, once all of it is in the buffer.
  std::size_t find_newline() {
    std::size_t searched = begin_;
    for (;;) {
      if (const void* found = std::memchr(buffer_.data() + searched, '\n', filled_ - searched))
        return static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
        filled_ -= begin_;
        begin_ = 0;
      }
      if (filled_ > longest_line)
        fail("line " + std::to_string(line_number_ + 1) + " has no end: is this a table?");
      if (filled_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
      searched = filled_;
      in().read(buffer_.data() + filled_, static_cast<std::streamsize>(buffer_.size() - filled_));
      const auto got = static_cast<std::size_t>(in().gcount());
      if (got == 0) {
        if (in().bad()) fail("cannot be read to its end");
        return std::string::npos;
      }
      filled_ += got;
    }
  }

  std::string buffer_;
  std::size_t begin_ = 0, filled_ = 0;  // what of the buffer is still to be read
  Eigen::Index line_number_ = 0;
  char separator_ = ',';
  std::optional<std::string> first_;  // the first line, where it holds numbers
  std::vector<Eigen::Index> place_;   // of a column in the rows that are read, -1: nowhere
};

}  // namespace table
