#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <stdexcept>
#include <string>
#include <vector>

namespace helpers {

/// The bytes of an IDX file, the format of MNIST: a row for each image, or one byte for each label.
inline Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> read_idx(
    const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error("cannot open " + path.string() +
                             ": get the files of MNIST and unpack them with gunzip");
  const auto number = [&] {  // most significant byte first
    std::array<char, 4> bytes{};
    file.read(bytes.data(), 4);
    std::int64_t value = 0;
    for (const char byte : bytes) value = 256 * value + static_cast<unsigned char>(byte);
    return value;
  };
  const std::int64_t magic = number(), dimensions = magic % 256;
  if (!file || magic / 256 != 8 || dimensions < 1 || dimensions > 3)
    throw std::runtime_error(path.string() + " is not an IDX file of bytes: unpack it with gunzip");
  const Eigen::Index rows = number();
  Eigen::Index cols = 1;
  for (std::int64_t i = 1; i < dimensions; ++i) cols *= number();
  Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values(rows, cols);
  file.read(reinterpret_cast<char*>(values.data()), values.size());
  if (!file) throw std::runtime_error(path.string() + " ends before its last image");
  return values;
}

}  // namespace helpers
