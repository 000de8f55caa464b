#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "number.hpp"

namespace table {

/// How the cells of a file are written.
struct Dialect {
  char separator = ',';  ///< ' ' stands for any run of blanks
  bool escapes = false;  ///< whether a quote inside of quotes is \", as R's write.table writes it, beside ""
  char decimal = '.';    ///< what stands before a fraction

  const char* blanks() const { return separator == '\t' ? " " : " \t"; }
  bool separates(char c) const { return c == separator || (separator == ' ' && c == '\t'); }
};

/// Where the quotes end that opened before `from`; the text's size where they do not.
inline std::size_t closing_quote(std::string_view text, std::size_t from, const Dialect& dialect) {
  for (std::size_t at = text.find('"', from); at != std::string_view::npos; at = text.find('"', at)) {
    if (dialect.escapes && at > from && text[at - 1] == '\\')
      ++at;
    else if (at + 1 < text.size() && text[at + 1] == '"')
      at += 2;
    else
      return at;
  }
  return text.size();
}

/// Where the record that `text` begins with ends: at the first end of a line outside of quotes. npos: not in this
/// text; `open` says whether inside of quotes.
inline std::size_t record_end(std::string_view text, char line_end, const Dialect& dialect, bool& open) {
  open = false;
  bool starts = true;  // nothing but blanks since the last separator
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == line_end) return i;
    if (starts && c == '"') {
      i = closing_quote(text, i + 1, dialect);
      open = i == text.size();
      starts = false;
    } else if (dialect.separates(c)) {
      starts = true;
    } else if (c != ' ' && c != '\t') {
      starts = false;
    }
  }
  return std::string_view::npos;
}

/// A cell, without the blanks and the quotes around it. A quote inside of quotes is still as it is written, see
/// `unquoted`.
struct Cell {
  std::string_view text;
  bool quoted = false;
  bool stray = false;  ///< there is a quote where none can be, and `text` has all of them
};

/// A record of a file, cell by cell.
class Cells {
 public:
  Cells(std::string_view record, const Dialect& dialect)
      : rest_(record), dialect_(dialect), quotes_(record.find('"') != std::string_view::npos) {
    if (dialect_.separator != ' ') return;
    const std::size_t last = rest_.find_last_not_of(" \t");
    rest_ = rest_.substr(0, last == std::string_view::npos ? 0 : last + 1);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }

  /// Whether there is a cell left.
  bool more() const { return more_; }
  Cell next() {
    const std::string_view before = rest_;
    const std::size_t start = std::min(before.find_first_not_of(dialect_.blanks()), before.size());
    std::size_t end = start;
    Cell cell;
    if (quotes_ && start < before.size() && before[start] == '"') {
      const std::size_t close = closing_quote(before, start + 1, dialect_);
      end = find_separator(std::min(close + 1, before.size()));
      const std::string_view behind = before.substr(std::min(close + 1, before.size()), end - close - 1);
      cell.quoted = close < before.size() && behind.find_first_not_of(" \t") == std::string_view::npos;
      cell.stray = !cell.quoted;
      cell.text = cell.quoted ? before.substr(start + 1, close - start - 1)
                              : trimmed(before.substr(start, end - start));
    } else {
      end = find_separator(start);
      cell.text = trimmed(before.substr(start, end - start));
      cell.stray = quotes_ && cell.text.find('"') != std::string_view::npos;
    }
    more_ = end < before.size();
    rest_ = more_ ? before.substr(end + 1) : std::string_view();
    return cell;
  }

 private:
  std::size_t find_separator(std::size_t from) const {
    const std::size_t end =
        dialect_.separator == ' ' ? rest_.find_first_of(" \t", from) : rest_.find(dialect_.separator, from);
    return std::min(end, rest_.size());
  }
  std::string_view trimmed(std::string_view cell) const {
    const std::size_t last = cell.find_last_not_of(dialect_.blanks());
    return cell.substr(0, last == std::string_view::npos ? 0 : last + 1);
  }

  std::string_view rest_;
  Dialect dialect_;
  bool quotes_;
  bool more_ = true;
};

/// The text of a cell: a quote is one.
inline std::string unquoted(const Cell& cell, const Dialect& dialect = {}) {
  if (!cell.quoted) return std::string(cell.text);
  std::string text;
  for (std::size_t i = 0; i < cell.text.size(); ++i) {
    const std::string_view pair = cell.text.substr(i, 2);
    if (pair == "\"\"" || (dialect.escapes && pair == "\\\"")) ++i;
    text += cell.text[i];
  }
  return text;
}

/// All cells of a line, as text.
inline std::vector<std::string> cells(std::string_view line, const Dialect& dialect = {}) {
  std::vector<std::string> all;
  for (Cells cells(line, dialect); cells.more();) all.push_back(unquoted(cells.next(), dialect));
  return all;
}

/// The other way: a cell as it is written, in quotes where it could be taken for something else without.
inline std::string quoted(const std::string& text) {
  const bool plain = text.find_first_of(",;\"\n\r\t ") == std::string::npos && !is_missing(text) &&
                     text.front() != '#' && !number(text);
  if (plain) return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + '"';
}

/// A cell of a file in another dialect, as a CSV file with commas has it: numbers keep their digits, and get a decimal
/// point; text that could be taken for something else is in quotes.
inline std::string rewritten(const Cell& cell, const Dialect& from) {
  if (cell.quoted) return table::quoted(unquoted(cell, from));
  std::string text(cell.text);
  if (number(text, from.decimal)) {
    std::replace(text.begin(), text.end(), ',', '.');
    return text;
  }
  return is_missing(text) ? text : table::quoted(text);
}

/// The line that `cells` takes apart.
inline std::string line_of(const std::vector<std::string>& all) {
  std::string line;
  for (const std::string& cell : all) line += (&cell == all.data() ? "" : ",") + quoted(cell);
  return line;
}

}  // namespace table
