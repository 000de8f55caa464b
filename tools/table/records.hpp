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

#include "cells.hpp"

namespace table {

/// Lines of a text: those before a record, and the ends of lines within it.
struct Lines {
  Eigen::Index before = 0, within = 0;
};

/// Takes the next record from the front of `text`, with the lines that are skipped before it: empty ones and those
/// that begin with #. Nothing where its end is not in the text, unless that is the `last` one of the file; `open` says
/// whether the text ends inside of quotes.
inline std::optional<std::string_view> take_record(std::string_view& text, char line_end, bool last,
                                                   const Dialect& dialect, Lines& lines, bool& open) {
  constexpr std::size_t none = std::string_view::npos;
  const char* const blanks = dialect.separator == '\t' ? " \r" : " \t\r";
  lines = {};
  open = false;
  while (!text.empty()) {
    std::size_t end = text.find(line_end);
    if (end == none && !last) return std::nullopt;
    std::string_view record = text.substr(0, end);
    const bool skipped = record.starts_with('#') || record.find_first_not_of(blanks) == none;
    if (!skipped && record.find('"') != none) {
      end = record_end(text, line_end, dialect, open);
      if (end == none && (!last || open)) return std::nullopt;
      record = text.substr(0, end);
      lines.within = std::count(record.begin(), record.end(), line_end);
    }
    text.remove_prefix(end == none ? text.size() : end + 1);
    if (!skipped) {
      if (record.ends_with('\r')) record.remove_suffix(1);
      return record;
    }
    ++lines.before;
  }
  return std::nullopt;
}

/// The records of a CSV file, one after the other. Lines end in \n, \r\n or \r.
class Records {
 public:
  explicit Records(std::shared_ptr<std::istream> in) : in_(std::move(in)), buffer_(piece, '\0') {
    refill();
    if (rest().starts_with("\xEF\xBB\xBF")) begin_ = 3;  // the mark of UTF-8
  }

  /// What was read of the file so far; at first a piece from its beginning.
  std::string_view rest() const { return {buffer_.data() + begin_, filled_ - begin_}; }
  /// Reads on, to look further ahead. False at the end of the file, and where a record is longer than any should be.
  bool read_more() { return rest().size() < longest && refill(); }
  /// Whether `rest` is all that is left of the file.
  bool at_end() const { return at_end_; }

  /// Goes past empty lines and comments in front. False where there is nothing else for longer than should be.
  bool skip_to_record() {
    for (std::size_t skipped = 0; skipped < longest;) {
      const std::string_view text = rest();
      const std::size_t end = text.find(line_end_);
      const std::string_view line = text.substr(0, end);
      if (!line.starts_with('#') && line.find_first_not_of(" \r") != std::string_view::npos) return true;
      if (end == std::string_view::npos) {
        if (!read_more()) return true;
        continue;
      }
      skipped += end + 1;
      begin_ += end + 1;
      ++line_;
    }
    problem_ = Problem::no_rows;
    return false;
  }

  /// To be said before the first record.
  void set_dialect(const Dialect& dialect) { dialect_ = dialect; }
  const Dialect& dialect() const { return dialect_; }
  /// \n where lines end in \n or \r\n, else \r: by the first end of a line in `text`, outside of quotes if there is one.
  static char line_end_of(std::string_view text) {
    std::size_t first = std::string_view::npos;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') quoted = !quoted;
      if (text[i] != '\n' && text[i] != '\r') continue;
      first = std::min(first, i);
      if (quoted) continue;
      first = i;
      break;
    }
    return first < text.size() && text[first] == '\r' && text.substr(first, 2) != "\r\n" ? '\r' : '\n';
  }
  void set_line_end(char line_end) { line_end_ = line_end; }
  char line_end() const { return line_end_; }

  /// Why there is no next record.
  enum class Problem { none, too_long, no_rows, open_quotes, unreadable };
  Problem problem() const { return problem_; }

  /// The next record, valid until the next call; nothing at the end of the file, or where there is a problem.
  std::optional<std::string_view> next() {
    line_ += std::exchange(taken_, 0);
    for (std::size_t skipped = 0;;) {
      std::string_view text = rest();
      Lines lines;
      bool open = false;
      const std::optional<std::string_view> record =
          take_record(text, line_end_, at_end_, dialect_, lines, open);
      skipped += rest().size() - text.size();
      begin_ = filled_ - text.size();
      line_ += lines.before;
      if (record) {
        taken_ = 1 + lines.within;
        return record;
      }
      if (in_->bad())
        problem_ = Problem::unreadable;
      else if (at_end_ && open)
        problem_ = Problem::open_quotes;
      else if (text.size() >= longest || skipped >= longest)
        problem_ = open ? Problem::open_quotes : skipped >= longest ? Problem::no_rows : Problem::too_long;
      if (at_end_ || problem_ != Problem::none) return std::nullopt;
      refill();
    }
  }
  /// The line where the record of the last call of `next` begins, or where that failed; from 1.
  Eigen::Index line() const { return line_ + 1; }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 16, longest = std::size_t{1} << 26;

  // False where nothing was left.
  bool refill() {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
      filled_ -= std::exchange(begin_, 0);
    }
    if (filled_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    in_->read(buffer_.data() + filled_, static_cast<std::streamsize>(buffer_.size() - filled_));
    const auto got = static_cast<std::size_t>(in_->gcount());
    filled_ += got;
    at_end_ = filled_ < buffer_.size();
    return got > 0;
  }

  std::shared_ptr<std::istream> in_;
  std::string buffer_;
  std::size_t begin_ = 0, filled_ = 0;  // what of the buffer is still to be read
  bool at_end_ = false;
  Dialect dialect_;
  char line_end_ = '\n';
  Eigen::Index line_ = 0, taken_ = 0;  // lines before the record, and of it
  Problem problem_ = Problem::none;
};

}  // namespace table
