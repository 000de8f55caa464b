#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace table {

/// One line of a CSV file, cell by cell. The separator ' ' stands for any run of blanks.
class Cells {
 public:
  Cells(std::string_view line, char separator) : rest_(line), separator_(separator) {
    if (separator_ == ' ') rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }

  /// Whether there is a cell left.
  bool more() const { return more_; }
  /// The next cell, without the blanks and the quotes around it. Separators inside of quotes part nothing; a
  /// doubled quote there stays doubled, see `unquoted`.
  std::string_view next() {
    const std::string_view before = rest_;
    const std::size_t start = before.find_first_not_of(blanks());
    std::size_t from = 0, to = 0, end = 0;
    if (start != std::string_view::npos && before[start] == '"') {
      from = start + 1;
      to = closing_quote(before, from);
      end = before.find(separator_, std::min(to + 1, before.size()));
    } else {
      end = before.find(separator_);
      const std::string_view cell = before.substr(0, end);
      from = std::min(cell.find_first_not_of(blanks()), cell.size());
      to = from == cell.size() ? from : cell.find_last_not_of(blanks()) + 1;
    }
    if (end != std::string_view::npos && separator_ == ' ') {
      end = before.find_first_not_of(" \t", end);
      more_ = end != std::string_view::npos;
      rest_ = more_ ? before.substr(end) : std::string_view();
    } else {
      more_ = end != std::string_view::npos;
      rest_ = more_ ? before.substr(end + 1) : std::string_view();
    }
    return before.substr(from, to - from);
  }

 private:
  const char* blanks() const { return separator_ == '\t' ? " " : " \t"; }
  static std::size_t closing_quote(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find('"', from); at != std::string_view::npos; at = text.find('"', at + 2))
      if (at + 1 >= text.size() || text[at + 1] != '"') return at;
    return text.size();
  }

  std::string_view rest_;
  char separator_;
  bool more_ = true;
};

/// The text of a quoted cell: a doubled quote is one.
inline std::string unquoted(std::string_view cell) {
  std::string text;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    text += cell[i];
    if (cell.substr(i, 2) == "\"\"") ++i;
  }
  return text;
}

/// All cells of a line, as text.
inline std::vector<std::string> cells(std::string_view line, char separator = ',') {
  std::vector<std::string> all;
  for (Cells cells(line, separator); cells.more();) all.push_back(unquoted(cells.next()));
  return all;
}

/// The other way: a cell as it is written, in quotes where it must be.
inline std::string quoted(const std::string& text) {
  if (text.find_first_of(",;\"\n\r\t ") == std::string::npos && !text.empty() && text.front() != '#')
    return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + '"';
}

/// The line that `cells` takes apart.
inline std::string line_of(const std::vector<std::string>& all) {
  std::string line;
  for (const std::string& cell : all) line += (line.empty() ? "" : ",") + quoted(cell);
  return line;
}

/// The number that a cell is, NaN and infinity among them; nothing where it is none.
inline std::optional<double> number(std::string_view cell) {
  if (cell.empty()) return std::nullopt;
#if defined(__cpp_lib_to_chars)
  if (cell.front() == '+' && cell.size() > 1 && cell[1] != '-') cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size()) return std::nullopt;
  if (error == std::errc()) return value;
#endif
  // Beyond the range of a double (1e-400, 1e400), where from_chars gives nothing; all numbers in an older library.
  const std::string text(cell);
  char* stop = nullptr;
  const double slow = std::strtod(text.c_str(), &stop);
  return stop == text.c_str() + text.size() ? std::optional(slow) : std::nullopt;
}

/// The other way: appends the shortest digits that read back as the same number.
inline void append_number(double value, std::string& text) {
  std::array<char, 32> digits;
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

}  // namespace table
