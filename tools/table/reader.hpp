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

  /// Fills as many rows of `to` (N × the chosen columns) as there are left and returns how many; fewer than N
  /// only at the end. Throws std::runtime_error for what is no finite number, and for a table without rows.
  Eigen::Index read(Rows& to) {
    const Eigen::Index count = in_memory([&] { return fill(to); });
    rows_ += count;
    if (rows_ == 0 && to.rows() > 0) fail("there are no rows of numbers");
    return count;
  }

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
  std::vector<Eigen::Index> chosen_;
  Eigen::Index rows_ = 0;
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
