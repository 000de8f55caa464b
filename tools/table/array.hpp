#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "npy.hpp"
#include "table.hpp"

namespace table {

/// An array of any dimensions; `rows` has a row for each entry of the first.
struct Array {
  std::vector<Eigen::Index> shape;
  Eigen::MatrixXd rows;
};

/// Reads an .npy file of any dimensions, or a table. Throws std::runtime_error that names the file.
inline Array read_array(const std::string& path) {
  const auto in = std::make_shared<std::ifstream>(path, std::ios::binary);
  if (*in && in->peek() == 0x93) {
    NpyReader reader(in, path, true);
    return {reader.shape(), read_all(reader)};
  }
  Eigen::MatrixXd rows = read(path).values;
  return {{rows.rows(), rows.cols()}, std::move(rows)};
}

}  // namespace table
