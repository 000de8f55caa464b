#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "csv.hpp"
#include "npy.hpp"
#include "reader.hpp"

// Tables of numbers from files, for the examples and the command: the library itself reads no data formats.

namespace table {

/// Opens a .csv or .npy file, told apart by the first byte, whatever the name; "-" is the standard input.
/// Throws std::runtime_error that names the file and the place in it, as the reader does later.
inline std::unique_ptr<Reader> open(const std::string& path, Header header = Header::sniff,
                                    Decimal decimal = Decimal::sniff) {
  std::shared_ptr<std::istream> in(&std::cin, [](std::istream*) {});
  if (path != "-") {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
      throw std::runtime_error(escaped(path) + ": is a folder, not a table");
    in = std::make_shared<std::ifstream>(path, std::ios::binary);
    if (!*in) throw std::runtime_error(escaped(path) + ": cannot be opened");
  }
  const std::string name = path == "-" ? "standard input" : path;
  if (in->peek() == 0x93) return std::make_unique<NpyReader>(in, name);
  in->clear();  // of an empty file
  return std::make_unique<CsvReader>(in, name, header, decimal);
}

/// Rows are samples; `names` has one entry a column, or none where the file gives no names.
struct Table {
  std::vector<std::string> names;
  Eigen::MatrixXd values;
};

/// Reads a whole table, but an index of its rows. Throws std::runtime_error that names the file and the place in it.
inline Table read(const std::string& path) {
  const std::unique_ptr<Reader> reader = open(path);
  std::vector<std::string> names;
  if (!reader->names().empty())
    for (const Eigen::Index column : reader->chosen()) names.push_back(reader->label(column));
  return {std::move(names), read_all(*reader)};
}

/// The rows of a list, in its order.
template <class Matrix>
Matrix take_rows(const Matrix& x, const std::vector<Eigen::Index>& rows) {
  Matrix taken(static_cast<Eigen::Index>(rows.size()), x.cols());
  // Number by number: a matrix without columns has no memory that a row could point to.
  for (Eigen::Index j = 0; j < x.cols(); ++j)
    for (std::size_t i = 0; i < rows.size(); ++i) taken(static_cast<Eigen::Index>(i), j) = x(rows[i], j);
  return taken;
}

}  // namespace table
