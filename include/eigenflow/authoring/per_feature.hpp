#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow {

/// One value per feature, initially zero: in registers if D is known at compile time, else in the arena.
template <class T, int Dim>
class PerFeature {
 public:
  PerFeature(Arena&, Eigen::Index) {}
  T& operator[](Eigen::Index j) { return values_[static_cast<std::size_t>(j)]; }
  const T& operator[](Eigen::Index j) const { return values_[static_cast<std::size_t>(j)]; }

 private:
  std::array<T, static_cast<std::size_t>(Dim)> values_ = make_zero();
  static std::array<T, static_cast<std::size_t>(Dim)> make_zero() {
    std::array<T, static_cast<std::size_t>(Dim)> zero;
    zero.fill(T(0));
    return zero;
  }
};

template <class T>
class PerFeature<T, Eigen::Dynamic> {
 public:
  PerFeature(Arena& arena, Eigen::Index dim) : values_(arena.allocate<T>(static_cast<std::size_t>(dim))) {
    for (Eigen::Index j = 0; j < dim; ++j) values_[j] = T(0);
  }
  T& operator[](Eigen::Index j) { return values_[j]; }
  const T& operator[](Eigen::Index j) const { return values_[j]; }

 private:
  T* values_;
};

}  // namespace eigenflow
