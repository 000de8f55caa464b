#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "eigenflow/io/safetensors.hpp"
#include "eigenflow/text/error.hpp"

// A small file must not ask for much memory. What its parts will have is compared with what the file has, before they
// are made.

namespace eigenflow::io {

/// What the parts of an architecture may still ask for.
struct Allowance {
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();
  std::int64_t arrays = unlimited;   ///< of parameters
  std::int64_t numbers = unlimited;  ///< in all of them
  std::int64_t sizes = std::int64_t{1}
                       << 31;  ///< dimensions, widths, bins..., added up; also entries of lists
};

namespace detail {

/// Tensors called fit.… are no parameters: they belong to a checkpoint.
inline bool is_fit_state(const std::string& tensor) {
  return tensor.starts_with("fit.");
}

/// As much as the file has. A size stands for parameters, of four bytes or more, or for an entry of a list in the file:
/// half a size a byte is more than any flow has.
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

/// A visitor of layouts and outlines: takes what the part at `path` will have from the allowance. Throws
/// std::invalid_argument when that is too much.
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
  // Sizes may still be anything, so that their product may be more than an integer holds.
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
