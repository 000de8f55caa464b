#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <cstring>
#include <eigenflow/numerics/finite.hpp>
#include <istream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "npy_header.hpp"
#include "number.hpp"
#include "reader.hpp"

namespace table {

/// A NumPy array file (the format's versions 1 to 3) of float32, float64 or uint8, in C or Fortran order: N × D, or
/// N numbers as N × 1. With `any_dimensions`, an array of more in C order too: rows are its first dimension. Rows are
/// counted from 1.
class NpyReader : public Reader {
 public:
  NpyReader(std::shared_ptr<std::istream> stream, const std::string& source, bool any_dimensions = false)
      : Reader(source), in_(std::move(stream)) {
    static_assert(std::endian::native == std::endian::little, "the files that are read are little-endian");
    const NpyHeader header = read_header();
    size_ = size_of(header.type);
    if (size_ == 0)
      fail("holds numbers of type " + escaped('\'' + header.type + '\'') +
           ", but float32, float64 or uint8 is read: save x.astype('float64')");
    const std::string shape = header.shape_text();
    if (header.shape.empty() || (header.shape.size() > 2 && !any_dimensions))
      fail("holds an array of shape " + shape + ", but rows and columns are read: reshape it");
    if (header.shape.size() > 2 && header.fortran)
      fail(
          "is in Fortran order, but more than two dimensions are read in C order: save "
          "np.ascontiguousarray(x)");
    shape_ = header.shape;
    rows_ = shape_[0];
    Eigen::Index columns = 1;
    for (std::size_t i = 1; i < shape_.size(); ++i) {
      if (shape_[i] > 0 && columns > (Eigen::Index{1} << 56) / shape_[i])
        fail("has a shape that makes no sense: " + shape);
      columns *= shape_[i];
    }
    if (rows_ == 0 || columns == 0) fail("holds no numbers: its shape is " + shape);
    if (rows_ > (Eigen::Index{1} << 56) / columns) fail("has a shape that makes no sense: " + shape);
    fortran_ = header.fortran;
    find_data(rows_ * columns * size_, columns);
    in_memory([&] { set_columns(columns); });
  }

  /// The dimensions of the array.
  const std::vector<Eigen::Index>& shape() const { return shape_; }

 private:
  // Bytes of a number; 0 for types that are not read.
  static Eigen::Index size_of(std::string type) {
    if (type.starts_with('<') || type.starts_with('=')) type.erase(0, 1);
    if (type == "|u1" || type == "u1" || type == "uint8") return 1;
    return type == "f4" || type == "float32" ? 4 : type == "f8" || type == "float64" ? 8 : 0;
  }

  // Where the numbers begin, and whether there are as many bytes of them, which only a file can say.
  void find_data(Eigen::Index bytes, Eigen::Index columns) {
    data_ = in_->tellg();
    if (data_ < 0 && fortran_)
      fail("is in Fortran order, which a pipe cannot give row by row: save np.ascontiguousarray(x)");
    if (data_ < 0) return;
    in_->seekg(0, std::ios::end);
    const std::streamoff end = in_->tellg();
    in_->seekg(data_);
    if (end - data_ < bytes) fail_short(columns);
  }
  [[noreturn]] void fail_short(Eigen::Index columns) const {
    fail("ends before its " + std::to_string(rows_) + " × " + std::to_string(columns) + " numbers");
  }

  Eigen::Index fill(Rows& to) override {
    for (;;) {  // until a row is complete, or there is none left
      const Eigen::Index count = std::min(to.rows(), rows_ - next_);
      if (count == 0) return 0;
      beside_.resize(kept().empty() ? 0 : count, static_cast<Eigen::Index>(kept().size()));
      if (!fortran_) take(count * columns());
      take_columns(chosen(), count, to);
      if (!kept().empty()) take_columns(kept(), count, beside_);
      const Eigen::Index complete = use_complete(to, count);
      next_ += count;
      if (complete > 0) return complete;
    }
  }

  // These columns of the next rows, NaN among the numbers.
  void take_columns(const std::vector<Eigen::Index>& wanted, Eigen::Index count, Rows& to) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (fortran_) {
        in_->seekg(data_ + static_cast<std::streamoff>((wanted[i] * rows_ + next_) * size_));
        take(count);
      }
      for (Eigen::Index row = 0; row < count; ++row)
        to(row, static_cast<Eigen::Index>(i)) = number_at(fortran_ ? row : row * columns() + wanted[i]);
    }
  }

  // Checks the next rows, and moves those that are not left out to the front. Returns how many.
  Eigen::Index use_complete(Rows& to, Eigen::Index count) {
    Eigen::Index complete = 0;
    for (Eigen::Index row = 0; row < count; ++row) {
      bool left_out = false;
      for (Eigen::Index j = 0; j < to.cols(); ++j)
        if (!eigenflow::detail::is_finite(to(row, j))) {
          if (leaves_out() && is_nan(to(row, j)))
            left_out = true;
          else
            refuse(row, j, to(row, j));
        }
      if (left_out) {
        leave_row_out();
        continue;
      }
      if (complete < row) to.row(complete) = to.row(row);
      ++complete;
      add_row(beside_text(row));
    }
    return complete;
  }
  [[noreturn]] void refuse(Eigen::Index row, Eigen::Index place, double value) const {
    fail(next_ + row + 1, chosen()[static_cast<std::size_t>(place)],
         std::to_string(value) + " is not a finite number" + (is_nan(value) ? advice() : ""));
  }

  std::string beside_text(Eigen::Index row) const {
    std::string text;
    for (Eigen::Index j = 0; j < beside_.cols() && beside_.rows() > 0; ++j) {
      if (j > 0) text += ',';
      append_number(beside_(row, j), text);
    }
    return text;
  }

  // The next so many numbers, as bytes.
  void take(Eigen::Index numbers) {
    bytes_.resize(static_cast<std::size_t>(numbers * size_));
    in_->read(bytes_.data(), numbers * size_);
    if (in_->gcount() < numbers * size_) fail_short(columns());
  }
  double number_at(Eigen::Index i) const {
    const char* const from = bytes_.data() + i * size_;
    float single = 0;
    double value = 0;
    if (size_ == 1) return static_cast<unsigned char>(*from);
    if (size_ == 4) {
      std::memcpy(&single, from, sizeof single);
      value = static_cast<double>(single);
    } else {
      std::memcpy(&value, from, sizeof value);
    }
    return value;
  }

  NpyHeader read_header() {
    const std::string magic = read_bytes(8);
    if (magic.size() < 8 || !magic.starts_with("\x93NUMPY")) fail("is not an .npy file");
    if (magic[6] < 1 || magic[6] > 3)
      fail("has version " + std::to_string(static_cast<int>(magic[6])) +
           " of the .npy format, but 1 to 3 are read");
    std::size_t length = 0;
    const std::string size = read_bytes(magic[6] == 1 ? 2 : 4);
    for (std::size_t i = size.size(); i-- > 0;) length = length << 8 | static_cast<unsigned char>(size[i]);
    if (length > std::size_t{1} << 20) fail("has a header that makes no sense");
    try {
      return parse_npy_header(read_bytes(length));
    } catch (const std::invalid_argument& problem) {
      fail(problem.what());
    }
  }
  std::string read_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    in_->read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(in_->gcount()));
    return bytes;
  }

  std::shared_ptr<std::istream> in_;
  Eigen::Index rows_ = 0, next_ = 0;
  std::vector<Eigen::Index> shape_;
  Eigen::Index size_ = 8;  // bytes of a number
  bool fortran_ = false;
  std::streamoff data_ = 0;  // where the numbers begin; -1 in a pipe
  std::string bytes_;
  Rows beside_;  // the kept columns
};

}  // namespace table
