#pragma once

#include <Eigen/Core>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "csv.hpp"
#include "npy.hpp"

// Tables of numbers from files, for the examples: the library itself reads no data formats.

namespace table {

/// Reads a .csv or .npy file. Every number must be finite. Throws std::runtime_error that names the file and
/// the place in it.
inline Table read(const std::filesystem::path& path) {
  const std::string name = path.string();
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + name);
  if (path.extension() == ".csv") return read_csv(file, name);
  if (path.extension() != ".npy") throw std::runtime_error(name + " is neither a .csv nor a .npy file");

  Table table{{}, read_npy(file, name)};
  for (Eigen::Index i = 0; i < table.values.rows(); ++i)
    for (Eigen::Index j = 0; j < table.values.cols(); ++j)
      if (!std::isfinite(table.values(i, j)))
        throw std::runtime_error(name + ", row " + std::to_string(i) + ", column " + std::to_string(j) +
                                 ": a number is missing or not finite");
  return table;
}

/// The rows of a list, in its order.
template <class Matrix>
Matrix take_rows(const Matrix& x, const std::vector<Eigen::Index>& rows) {
  Matrix taken(static_cast<Eigen::Index>(rows.size()), x.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) taken.row(static_cast<Eigen::Index>(i)) = x.row(rows[i]);
  return taken;
}

}  // namespace table
