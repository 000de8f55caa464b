#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text.hpp"

namespace table {

/// Rows of numbers as a file has them.
using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// What happens to a row that has no number in a chosen column: an empty cell, NA and the like, or NaN.
enum class Missing { reject, leave_out };

/// A table that is read a block of rows at a time, so that its length does not matter. Every error is a
/// std::runtime_error that begins with the place, "FILE:ROW: column "NAME"".
class Reader {
 public:
  virtual ~Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const std::string& source() const { return source_; }
  /// Columns of the file.
  Eigen::Index columns() const { return columns_; }
  /// One name a column as the file gives it, empty and equal ones among them; none at all where it has no names.
  const std::vector<std::string>& names() const { return names_; }
  /// What a column is called: its name; NAME.3 where others have that name; column3 where it has none. No two are
  /// equal.
  std::string label(Eigen::Index column) const {
    const auto at = static_cast<std::size_t>(column);
    return at < labels_.size() ? labels_[at] : "column" + std::to_string(column + 1);
  }
  /// So many columns in front hold no data, but an index of the rows.
  Eigen::Index index() const { return index_; }

  /// The columns that rows are made of, in this order, each once; all but the index unless chosen. What stands in
  /// the others does not matter. To be called before the first read.
  void choose(std::vector<Eigen::Index> columns) { chosen_ = std::move(columns); }
  const std::vector<Eigen::Index>& chosen() const { return chosen_; }

  /// Columns that are kept as text beside the rows of numbers: see beside(). To be called before the first read.
  void keep(std::vector<Eigen::Index> columns) { kept_ = std::move(columns); }
  const std::vector<Eigen::Index>& kept() const { return kept_; }
  /// Rejects rows with missing numbers, or leaves them out. `advice` ends the message of a row that is rejected. To be
  /// called before the first read.
  void set_missing(Missing what, std::string advice = {}) {
    missing_ = what;
    advice_ = std::move(advice);
  }

  /// What ends the message of a first row that has text in a chosen column.
  void set_text_advice(std::string advice) { text_advice_ = std::move(advice); }

  /// Fills rows of `to` (N × the chosen columns) and returns how many; 0 only at the end. Throws std::runtime_error for
  /// a cell that is not a finite number, and for a table without rows.
  Eigen::Index read(Rows& to) {
    beside_.clear();
    numbers_.clear();
    const Eigen::Index count = in_memory([&] { return fill(to); });
    rows_ += count;
    if (rows_ == 0 && to.rows() > 0)
      fail(left_out_ > 0 ? "no row is left: " + std::to_string(left_out_) +
                               (left_out_ == 1 ? " has" : " have") + " missing values"
                         : "there are no rows of numbers");
    return count;
  }
  /// The kept columns of the rows of the last read, as a CSV file has them: numbers as they stand in the table (with a
  /// decimal point), text in quotes where it needs them. Empty if no columns are kept.
  const std::vector<std::string>& beside() const { return beside_; }
  /// Which rows of the table those of the last read are, from 1.
  const std::vector<Eigen::Index>& numbers() const { return numbers_; }
  /// Rows that were read so far, and those that were left out.
  Eigen::Index rows_read() const { return rows_; }
  Eigen::Index left_out() const { return left_out_; }

  /// Runs `work`, and names the file where memory does not suffice.
  template <class Work>
  std::invoke_result_t<const Work&> in_memory(const Work& work) const {
    const char* const message = "does not fit into memory";
    try {
      return work();
    } catch (const std::bad_alloc&) {
      fail(message);
    } catch (const std::length_error&) {
      fail(message);
    }
  }

 protected:
  explicit Reader(std::string source) : source_(std::move(source)) {}

  virtual Eigen::Index fill(Rows& to) = 0;

  bool leaves_out() const { return missing_ == Missing::leave_out; }
  /// What a message says at the end of a row that is rejected because a number is missing.
  const std::string& advice() const { return advice_; }
  /// The same of a cell that is text: of the first row, whose column is one of text.
  std::string text_advice() const { return row_ == 0 ? text_advice_ : std::string(); }
  /// The next row of the table is read, with these kept columns.
  void add_row(std::string beside) {
    numbers_.push_back(++row_);
    if (!kept_.empty()) beside_.push_back(std::move(beside));
  }
  /// The next row of the table is left out.
  void leave_row_out() {
    ++row_;
    ++left_out_;
  }

  void set_columns(Eigen::Index count) {
    columns_ = count;
    set_index(0);
  }
  void set_index(Eigen::Index count) {
    index_ = count;
    chosen_.resize(static_cast<std::size_t>(columns_ - count));
    std::iota(chosen_.begin(), chosen_.end(), count);
  }
  /// As many as columns.
  void set_names(std::vector<std::string> names) {
    names_ = std::move(names);
    std::unordered_map<std::string, int> count;
    for (const std::string& name : names_) ++count[name];
    for (std::size_t j = 0; j < names_.size(); ++j) {
      const std::string& name = names_[j];
      std::string label = name;
      if (name.empty() || count[name] > 1) {
        label = (name.empty() ? "column" : name + '.') + std::to_string(j + 1);
        while (!count.emplace(label, 1).second) label += '_';
      }
      labels_.push_back(std::move(label));
    }
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(escaped(source_) + ": " + what);
  }
  [[noreturn]] void fail(Eigen::Index row, Eigen::Index column, const std::string& what) const {
    const auto at = static_cast<std::size_t>(column);
    const bool named = at < names_.size() && !names_[at].empty();
    std::string place = "column " + (named ? shown(names_[at]) : std::to_string(column + 1));
    if (named && labels_[at] != names_[at]) place += " (column " + std::to_string(column + 1) + ')';
    throw std::runtime_error(escaped(source_) + ':' + std::to_string(row) + ": " + place + ": " + what);
  }

 private:
  std::string source_;
  std::vector<std::string> names_, labels_;
  Eigen::Index columns_ = 0, index_ = 0;
  std::vector<Eigen::Index> chosen_, kept_;
  Missing missing_ = Missing::reject;
  std::string advice_, text_advice_;
  std::vector<std::string> beside_;
  std::vector<Eigen::Index> numbers_;
  Eigen::Index rows_ = 0, row_ = 0, left_out_ = 0;
};

/// All rows that are left.
inline Eigen::MatrixXd read_all(Reader& reader) {
  return reader.in_memory([&]() -> Eigen::MatrixXd {
    const auto columns = static_cast<Eigen::Index>(reader.chosen().size());
    std::vector<double> numbers;
    Rows block(std::max<Eigen::Index>(1, (1 << 16) / std::max<Eigen::Index>(columns, 1)), columns);
    for (Eigen::Index count; (count = reader.read(block)) > 0;)
      numbers.insert(numbers.end(), block.data(), block.data() + count * columns);
    const auto rows = static_cast<Eigen::Index>(numbers.size()) / std::max<Eigen::Index>(columns, 1);
    return Eigen::Map<const Rows>(numbers.data(), rows, columns);
  });
}

}  // namespace table
