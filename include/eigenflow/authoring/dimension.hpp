#pragma once

#include <Eigen/Core>
#include <initializer_list>
#include <string>

#include "eigenflow/numerics/ieee.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The number of features of a layer, known to the compiler or, with Eigen::Dynamic, at run time.
template <int Dim_ = Eigen::Dynamic>
class Dimension {
  static_assert(Dim_ >= 1,
                "a flow has at least one feature: give a dimension of 1 or more, or Eigen::Dynamic");

 public:
  constexpr Dimension() = default;
  constexpr Dimension(Eigen::Index dim) {
    if (dim != Dim_)
      detail::reject("this layer has " + std::to_string(Dim_) + " features at compile time, but " +
                     std::to_string(dim) + " were asked for: give the same number, or use Eigen::Dynamic");
  }
  constexpr operator Eigen::Index() const { return Dim_; }
};

template <>
class Dimension<Eigen::Dynamic> {
 public:
  constexpr Dimension(Eigen::Index dim) : dim_(dim) {
    if (dim < 1)
      detail::reject("a flow has at least one feature, but a dimension of " + std::to_string(dim) +
                     " was asked for");
  }
  constexpr operator Eigen::Index() const { return dim_; }

 private:
  Eigen::Index dim_;
};

namespace detail {

/// True if all static dimensions that are known are equal.
constexpr bool dimensions_agree(std::initializer_list<int> dims) {
  int known = Eigen::Dynamic;
  for (const int dim : dims) {
    if (dim == Eigen::Dynamic) continue;
    if (known != Eigen::Dynamic && dim != known) return false;
    known = dim;
  }
  return true;
}

/// The known one of several static dimensions, or Eigen::Dynamic.
constexpr int common_dimension(std::initializer_list<int> dims) {
  for (const int dim : dims)
    if (dim != Eigen::Dynamic) return dim;
  return Eigen::Dynamic;
}

}  // namespace detail
}  // namespace eigenflow
