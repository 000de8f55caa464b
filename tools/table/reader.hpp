#pragma once

#include <Eigen/Core>
#include <eigenflow/numerics/finite.hpp>
#include <istream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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
  /// One name a column, or none at all where the file gives none.
  const std::vector<std::string>& names() const { return names_; }
  /// Columns of the file.
  Eigen::Index columns() const { return columns_; }

  /// The columns that rows are made of, in this order, each once; all of them unless chosen. What stands in the
  /// others does not matter. To be called before the first read.
  void choose(std::vector<Eigen::Index> columns) { chosen_ = std::move(columns); }
  const std::vector<Eigen::Index>& chosen() const { return chosen_; }

  /// Fills as many rows of `to` (N × the chosen columns) as there are left and returns how many; fewer than N
  /// only at the end. Throws std::runtime_error for what is no finite number, and for a table without rows.
  Eigen::Index read(Rows& to) {
    const Eigen::Index count = fill(to);
    rows_ += count;
    if (rows_ == 0 && to.rows() > 0) throw std::runtime_error(source_ + ": there are no rows of numbers");
    return count;
  }

 protected:
  Reader(std::shared_ptr<std::istream> in, std::string source)
      : in_(std::move(in)), source_(std::move(source)) {}

  virtual Eigen::Index fill(Rows& to) = 0;

  std::istream& in() { return *in_; }
  void set_columns(Eigen::Index count) {
    columns_ = count;
    chosen_.resize(static_cast<std::size_t>(count));
    std::iota(chosen_.begin(), chosen_.end(), Eigen::Index{0});
  }
  void set_names(std::vector<std::string> names) { names_ = std::move(names); }

  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(source_ + ": " + what); }
  [[noreturn]] void fail(Eigen::Index row, Eigen::Index column, const std::string& what) const {
    const auto at = static_cast<std::size_t>(column);
    throw std::runtime_error(source_ + ':' + std::to_string(row) + ": column " +
                             (at < names_.size() ? '"' + names_[at] + '"' : std::to_string(column + 1)) +
                             ": " + what);
  }

 private:
  std::shared_ptr<std::istream> in_;
  std::string source_;
  std::vector<std::string> names_;
  Eigen::Index columns_ = 0;
  std::vector<Eigen::Index> chosen_;
  Eigen::Index rows_ = 0;
};

/// All rows that are left.
inline Eigen::MatrixXd read_all(Reader& reader) {
  const auto columns = static_cast<Eigen::Index>(reader.chosen().size());
  std::vector<double> numbers;
  Rows block(std::max<Eigen::Index>(1, (1 << 16) / std::max<Eigen::Index>(columns, 1)), columns);
  for (Eigen::Index count; (count = reader.read(block)) > 0;)
    numbers.insert(numbers.end(), block.data(), block.data() + count * columns);
  return Eigen::Map<const Rows>(numbers.data(), static_cast<Eigen::Index>(numbers.size()) / columns, columns);
}

}  // namespace table
