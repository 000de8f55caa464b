#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <istream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cells.hpp"
#include "reader.hpp"

namespace table {

/// A NumPy array file (the format's versions 1 to 3) of float32 or float64, in C or Fortran order: N × D, or
/// N numbers as N × 1. Rows are counted from 1.
class NpyReader : public Reader {
 public:
  NpyReader(std::shared_ptr<std::istream> stream, const std::string& source)
      : Reader(std::move(stream), source) {
    static_assert(std::endian::native == std::endian::little, "the files that are read are little-endian");
    const std::string header = read_header();
    const std::string type = between(header, "'descr': '", '\'');
    if (type != "<f4" && type != "<f8")
      fail("holds numbers of type '" + type + "', but float32 or float64 is read: save x.astype('float64')");
    size_ = type == "<f4" ? 4 : 8;
    const std::string shape = between(header, "'shape': (", ')');
    std::vector<Eigen::Index> sides;
    for (const std::string& side : cells(shape)) {
      if (side.empty()) continue;  // (3,)
      const auto [end, error] = std::from_chars(side.data(), side.data() + side.size(), sides.emplace_back());
      if (error != std::errc() || *end != '\0' || sides.back() < 0)
        fail("has a shape that makes no sense: (" + shape + ")");
    }
    if (sides.empty() || sides.size() > 2)
      fail("holds an array of shape (" + shape + "), but rows and columns are read: reshape it");
    rows_ = sides[0];
    set_columns(sides.size() == 2 ? sides[1] : 1);
    if (rows_ == 0 || columns() == 0) fail("holds no numbers: its shape is (" + shape + ")");
    if (rows_ > (Eigen::Index{1} << 56) / columns()) fail("has a shape that makes no sense: (" + shape + ")");
    fortran_ = between(header, "'fortran_order': ", ',') == "True";
    data_ = in().tellg();
    if (fortran_ && data_ < 0)
      fail("is in Fortran order, which a pipe cannot give row by row: save np.ascontiguousarray(x)");
  }

 private:
  Eigen::Index fill(Rows& to) override {
    const Eigen::Index count = std::min(to.rows(), rows_ - next_);
    if (fortran_)
      for (std::size_t i = 0; i < chosen().size(); ++i) {
        in().seekg(data_ + static_cast<std::streamoff>((chosen()[i] * rows_ + next_) * size_));
        take(count);
        for (Eigen::Index row = 0; row < count; ++row)
          to(row, static_cast<Eigen::Index>(i)) = number_at(row, row, chosen()[i]);
      }
    else {
      take(count * columns());
      for (Eigen::Index row = 0; row < count; ++row)
        for (std::size_t i = 0; i < chosen().size(); ++i)
          to(row, static_cast<Eigen::Index>(i)) = number_at(row * columns() + chosen()[i], row, chosen()[i]);
    }
    next_ += count;
    return count;
  }

  // The next so many numbers, as bytes.
  void take(Eigen::Index numbers) {
    bytes_.resize(static_cast<std::size_t>(numbers * size_));
    in().read(bytes_.data(), numbers * size_);
    if (in().gcount() < numbers * size_)
      fail("ends before its " + std::to_string(rows_) + " × " + std::to_string(columns()) + " numbers");
  }
  double number_at(Eigen::Index i, Eigen::Index row, Eigen::Index column) const {
    const char* const from = bytes_.data() + i * size_;
    float single = 0;
    double value = 0;
    if (size_ == 4) {
      std::memcpy(&single, from, sizeof single);
      value = static_cast<double>(single);
    } else {
      std::memcpy(&value, from, sizeof value);
    }
    if (!eigenflow::detail::is_finite(value))
      fail(next_ + row + 1, column, std::to_string(value) + " is no finite number");
    return value;
  }

  std::string read_header() {
    const std::string magic = read_bytes(8);
    if (magic.size() < 8 || !magic.starts_with("\x93NUMPY")) fail("is no .npy file");
    std::size_t length = 0;
    const std::string size = read_bytes(magic[6] == 1 ? 2 : 4);
    for (std::size_t i = size.size(); i-- > 0;) length = length << 8 | static_cast<unsigned char>(size[i]);
    if (length > std::size_t{1} << 20) fail("has a header that makes no sense");
    return read_bytes(length);
  }
  std::string read_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    in().read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(in().gcount()));
    return bytes;
  }
  // The text between `key` and the `end` that follows it.
  static std::string between(const std::string& text, const std::string& key, char end) {
    const std::size_t begin = text.find(key);
    if (begin == std::string::npos) return "";
    const std::size_t from = begin + key.size(), to = text.find(end, from);
    return to == std::string::npos ? "" : text.substr(from, to - from);
  }

  Eigen::Index rows_ = 0, next_ = 0;
  Eigen::Index size_ = 8;  // bytes of a number
  bool fortran_ = false;
  std::streamoff data_ = 0;  // where the numbers begin; -1 in a pipe
  std::string bytes_;
};

}  // namespace table
