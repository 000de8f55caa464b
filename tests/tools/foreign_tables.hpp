#pragma once

#include <charconv>
#include <cstdint>
#include <eigenflow/numerics/rng.hpp>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "table/table.hpp"

// Tables as Python's csv, pandas and R write them, by the rules of their sources, and what is read of them.

namespace foreign {

enum class Quoting { minimal, strings, all };

/// As csv.writer(delimiter, quoting, lineterminator, doublequote=True).
struct Python {
  std::string separator = ",", line_end = "\r\n";
  Quoting quoting = Quoting::minimal;

  std::string field(const std::string& text, bool is_number) const {
    const bool must =
        text.find_first_of(separator + "\"\r\n" + line_end) != std::string::npos || text.empty();
    if (quoting == Quoting::minimal ? !must : quoting == Quoting::strings && is_number && !must) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
    return result + '"';
  }
};

/// As write.table(quote, sep, eol, dec, qmethod).
struct R {
  std::string separator = " ", line_end = "\n";
  bool quote = true, escape = true;

  std::string field(const std::string& text, bool is_number) const {
    if (is_number || !quote) return text;
    std::string result = "\"";
    for (const char c : text) result += c == '"' ? std::string(escape ? "\\\"" : "\"\"") : std::string(1, c);
    return result + '"';
  }
};

/// What a table holds, and how it is written.
struct Table {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> numbers;  ///< as text, with a point
  std::vector<std::string> index;                 ///< one a row, or none
  bool index_is_number = false;
  bool heads_index = true;  ///< by an empty name; else by nothing, as write.table does
  char decimal = '.';
  std::string mark;  ///< the mark of UTF-8, or nothing
  bool last_line_ends = true;
};

template <class Writer>
std::string write(const Table& table, const Writer& writer) {
  std::string text = table.mark;
  const auto line = [&](const std::vector<std::string>& fields) {
    for (const std::string& field : fields) text += (&field == fields.data() ? "" : writer.separator) + field;
    text += writer.line_end;
  };
  std::vector<std::string> fields;
  if (!table.index.empty() && table.heads_index) fields.push_back(writer.field("", false));
  for (const std::string& name : table.names) fields.push_back(writer.field(name, false));
  line(fields);
  for (std::size_t i = 0; i < table.numbers.size(); ++i) {
    fields.clear();
    if (!table.index.empty()) fields.push_back(writer.field(table.index[i], table.index_is_number));
    for (std::string number : table.numbers[i]) {
      if (const std::size_t point = number.find('.'); point != std::string::npos)
        number[point] = table.decimal;
      fields.push_back(writer.field(number, true));
    }
    line(fields);
  }
  if (!table.last_line_ends) text.resize(text.size() - writer.line_end.size());
  return text;
}

// ---- Random tables

inline std::string random_name(eigenflow::Rng& rng, std::string_view bad) {
  const std::vector<std::string> pieces{"a",  "B",  "z", "Wert", "\xC3\xA9", "_", "7",  "2019", " ",
                                        ", ", "; ", ",", ";",    "\"",       ".", "\n", "\t",   "x"};
  std::string name(1, static_cast<char>('a' + rng.below(26)));
  for (auto count = rng.below(6); count > 0; --count) {
    const std::string& piece = pieces[static_cast<std::size_t>(rng.below(static_cast<int>(pieces.size())))];
    if (piece.find_first_of(bad) == std::string::npos) name += piece;
  }
  return name + static_cast<char>('a' + rng.below(26));
}

inline std::string random_number(eigenflow::Rng& rng) {
  const std::vector<std::string> forms{"12", "0", "-3", "1e-05", "100000"};
  if (rng.below(4) == 0) return forms[static_cast<std::size_t>(rng.below(5))];
  char text[32];
  const double value = (rng.uniform() - 0.5) * (rng.below(2) == 0 ? 1 : 1000);
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// `bad`: characters that names must not have.
inline Table random_table(eigenflow::Rng& rng, std::string_view bad) {
  Table table;
  const auto columns = 1 + rng.below(5), rows = 1 + rng.below(30);
  for (auto j = columns; j > 0; --j) table.names.push_back(random_name(rng, bad));
  for (auto i = rows; i > 0; --i) {
    table.numbers.emplace_back();
    for (auto j = columns; j > 0; --j) table.numbers.back().push_back(random_number(rng));
  }
  if (rng.below(4) == 0) table.mark = "\xEF\xBB\xBF";
  table.last_line_ends = rng.below(4) != 0;
  return table;
}

/// Numbers from `first`, or names.
inline void add_index(Table& table, int first, bool numbers, eigenflow::Rng& rng, std::string_view bad) {
  for (std::size_t i = 0; i < table.numbers.size(); ++i)
    table.index.push_back(numbers ? std::to_string(first + static_cast<int>(i)) : random_name(rng, bad));
}

/// The text of a table as one of the programs writes it, and what it holds.
inline std::string random_file(int seed, Table& table) {
  eigenflow::Rng rng(static_cast<std::uint64_t>(seed));
  const auto one_of = [&](const auto& choices) {
    return choices[static_cast<std::size_t>(rng.below(static_cast<int>(choices.size())))];
  };
  using Texts = std::vector<std::string>;
  const int program = seed % 3;
  const bool comma = rng.below(4) == 0, indexed = rng.below(4) < (program == 2 ? 3 : 2);
  if (program < 2) {  // csv.writer, DataFrame.to_csv
    const Python writer{.separator = one_of(Texts{",", ";", "\t", " "}),
                        .line_end = one_of(Texts{"\n", "\r\n", "\r"}),
                        .quoting = one_of(std::vector{Quoting::minimal, Quoting::strings, Quoting::all})};
    // A tab is a blank too, where blanks separate, but Python puts it in no quotes.
    const std::string bad = writer.separator == " " ? "\t" : "";
    table = random_table(rng, bad);
    table.index_is_number = rng.below(2) == 0;
    if (program == 1 && indexed) add_index(table, 0, table.index_is_number, rng, bad);
    if (comma) table.decimal = ',';
    // A name and numbers that have a comma each are a table of two columns too.
    if (comma && table.names.size() == 1 && table.index.empty()) std::erase(table.names.front(), ',');
    return write(table, writer);
  }
  const R writer{.separator = one_of(Texts{" ", ",", ";", "\t"}),  // write.table, write.csv, write.csv2
                 .line_end = one_of(Texts{"\n", "\r\n"}),
                 .quote = rng.below(4) != 0,
                 .escape = rng.below(2) == 0};
  const std::string bad = writer.quote ? "" : ",; \t\n\"";
  table = random_table(rng, bad);
  // One unquoted number as a row name is asked about: numbers are row names where they count.
  if (indexed && (writer.quote || table.numbers.size() > 1)) add_index(table, 1, rng.below(2) == 0, rng, bad);
  table.heads_index = rng.below(3) == 0 && writer.separator != " ";
  if (comma && writer.separator != ",") table.decimal = ',';
  return write(table, writer);
}

// ---- What is read of them

/// Whether a table is read as it was written. It may be asked about; with the answers it must be right. Returns
/// whether it was asked about.
inline bool check_table(const Table& written, const std::string& text) {
  INFO(text);
  Eigen::MatrixXd expected(static_cast<Eigen::Index>(written.numbers.size()),
                           static_cast<Eigen::Index>(written.names.size()));
  for (Eigen::Index i = 0; i < expected.rows(); ++i)
    for (Eigen::Index j = 0; j < expected.cols(); ++j)
      expected(i, j) = std::stod(written.numbers[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
  // The message that rejects the table, or none.
  std::vector<std::string> names;
  Eigen::MatrixXd values;
  const auto read = [&](table::Header header, table::Decimal decimal) -> std::string {
    try {
      table::CsvReader reader(std::make_shared<std::istringstream>(text), "t.csv", header, decimal);
      names.clear();
      for (const Eigen::Index column : reader.chosen())
        names.push_back(reader.names()[static_cast<std::size_t>(column)]);
      values = table::read_all(reader);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  const auto right = [&] {
    return names == written.names && values.rows() == expected.rows() && values.cols() == expected.cols() &&
           values == expected;
  };
  CHECK(read(table::Header::yes, written.decimal == ',' ? table::Decimal::comma : table::Decimal::point) ==
        "");
  CHECK(right());
  const std::string asked = read(table::Header::sniff, table::Decimal::sniff);
  CHECK((!asked.empty() || right()));
  INFO(asked);
  CHECK((asked.empty() || asked.find("--header") != std::string::npos ||
         asked.find("--decimal comma") != std::string::npos));
  return !asked.empty();
}

inline void check_tables(int seeds) {
  int asked = 0, decimal_commas = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    INFO("seed " << seed);
    Table written;
    const std::string text = random_file(seed, written);
    decimal_commas += written.decimal == ',';
    asked += check_table(written, text);
  }
  CHECK(asked <= decimal_commas + seeds / 20);
  CHECK(decimal_commas > seeds / 8);
}

}  // namespace foreign
