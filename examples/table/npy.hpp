#pragma once

#include <Eigen/Core>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <istream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace table {

namespace detail {

/// The text between `key` and the `end` that follows it.
inline std::string between(const std::string& text, const std::string& key, char end) {
  const std::size_t begin = text.find(key);
  if (begin == std::string::npos) return "";
  const std::size_t from = begin + key.size(), to = text.find(end, from);
  return to == std::string::npos ? "" : text.substr(from, to - from);
}

template <class Scalar>
Eigen::MatrixXd matrix_of(const std::string& bytes, Eigen::Index rows, Eigen::Index cols, bool fortran) {
  static_assert(std::endian::native == std::endian::little, "the files that are read are little-endian");
  using ColMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
  using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  std::vector<Scalar> numbers(bytes.size() / sizeof(Scalar));  // aligned, as the bytes need not be
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(Scalar));
  if (fortran) return Eigen::Map<const ColMajor>(numbers.data(), rows, cols).template cast<double>();
  return Eigen::Map<const RowMajor>(numbers.data(), rows, cols).template cast<double>();
}

}  // namespace detail

/// A NumPy array file (the format's versions 1 to 3) of float32 or float64, in C or Fortran order: N × D, or
/// N numbers as N × 1. Throws std::runtime_error with the source's name for anything else, or for a file that
/// ends too soon.
inline Eigen::MatrixXd read_npy(std::istream& in, const std::string& source) {
  const auto fail = [&](const std::string& what) { throw std::runtime_error(source + what); };
  const auto take = [&](std::size_t size) {
    std::string bytes(size, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    return bytes;
  };
  const std::string magic = take(8);
  if (magic.size() < 8 || !magic.starts_with("\x93NUMPY")) fail(" is no .npy file");
  std::size_t length = 0;
  const std::string size = take(magic[6] == 1 ? 2 : 4);
  for (std::size_t i = size.size(); i-- > 0;) length = length << 8 | static_cast<unsigned char>(size[i]);
  if (length > std::size_t{1} << 20) fail(" has a header that makes no sense");
  const std::string header = take(length);

  const std::string type = detail::between(header, "'descr': '", '\'');
  if (type != "<f4" && type != "<f8")
    fail(" holds numbers of type '" + type + "', but float32 or float64 is read: save x.astype('float64')");
  const std::string shape = detail::between(header, "'shape': (", ')');
  std::vector<Eigen::Index> sides;
  std::istringstream entries(shape);
  for (std::string side; std::getline(entries, side, ',');)
    if (side.find_first_not_of(' ') != std::string::npos) sides.push_back(std::atol(side.c_str()));
  if (sides.empty() || sides.size() > 2)
    fail(" holds an array of shape (" + shape + "), but rows and columns are read: reshape it");
  const Eigen::Index rows = sides[0], cols = sides.size() == 2 ? sides[1] : 1;

  if (rows == 0 || cols == 0) fail(" holds no numbers: its shape is (" + shape + ")");
  const bool single = type == "<f4";
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto numbers = static_cast<Eigen::Index>(bytes.size() / (single ? 4 : 8));
  if (numbers / cols < rows)
    fail(" ends after " + std::to_string(numbers) + " of " + std::to_string(rows) + " × " +
         std::to_string(cols) + " numbers");
  const bool fortran = detail::between(header, "'fortran_order': ", ',') == "True";
  return single ? detail::matrix_of<float>(bytes, rows, cols, fortran)
                : detail::matrix_of<double>(bytes, rows, cols, fortran);
}

}  // namespace table
