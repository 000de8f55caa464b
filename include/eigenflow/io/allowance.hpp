#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "eigenflow/io/safetensors.hpp"
#include "eigenflow/text/error.hpp"

// A small file must not make the library allocate much memory. The sizes of its parts are compared with the size of the
// file before the parts are made.

namespace eigenflow::io {

/// The sizes that the parts of an architecture may still have.
struct Allowance {
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
  std::int64_t arrays = unlimited;   ///< of parameters
  std::int64_t numbers = unlimited;  ///< in all of them
  std::int64_t sizes = std::int64_t{1}
                       << 31;  ///< the sum of dimensions, widths, bins...; also entries of lists
};

namespace detail {

/// Tensors called fit.… are not parameters: they belong to a checkpoint.
inline bool is_fit_state(const std::string& tensor) {
  return tensor.starts_with("fit.");
}

/// The allowance of a file. A size stands for parameters, of four bytes or more, or for an entry of a list in the file:
/// no flow has more than half a size per byte, dimensions up to the number of features aside.
inline Allowance allowance_of(const Tensors& file) {
  Allowance allowance;
  allowance.sizes = std::min(allowance.sizes, 4096 + static_cast<std::int64_t>(file.bytes / 2));
  allowance.arrays = allowance.numbers = 0;
  for (const auto& [name, tensor] : file.tensors) {
    if (is_fit_state(name)) continue;
    allowance.arrays += 1;
    allowance.numbers += tensor.size();
  }
  return allowance;
}

/// A visitor of layouts and outlines: subtracts the sizes of the part at `path` from the allowance. Throws
/// std::invalid_argument if they exceed it.
class Outline {
 public:
  struct Nothing {};
  using Matrix = Nothing;
  using Vector = Nothing;
  using Scalar = Nothing;

  Outline(Allowance& left, const std::string& path) : left_(left), path_(path) {}

  Nothing matrix(const char*, Eigen::Index rows, Eigen::Index cols) { return array(rows, cols); }
  Nothing vector(const char*, Eigen::Index size) { return array(size, 1); }
  Nothing scalar(const char*) { return array(1, 1); }
  template <class Name, class Part>
  auto part(const Name&, Part& part) {
    return std::remove_const_t<Part>::layout(part, *this);
  }
  void list(Eigen::Index size) {
    if (size > left_.sizes) reject(path_ + " needs longer lists than a file of this size has parameters for");
    left_.sizes -= std::max<Eigen::Index>(size, 0);
  }

 private:
  // Sizes are not checked yet, so their product may overflow an integer.
  Nothing array(Eigen::Index rows, Eigen::Index cols) {
    rows = std::max<Eigen::Index>(rows, 0);
    cols = std::max<Eigen::Index>(cols, 0);
    if (left_.arrays < 1 || (rows > 0 && cols > left_.numbers / rows))
      reject(path_ + " has more parameters than the file");
    left_.arrays -= 1;
    left_.numbers -= rows * cols;
    return {};
  }

  Allowance& left_;
  const std::string& path_;
};

}  // namespace detail

}  // namespace eigenflow::io
