#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/philox.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// Uniform noise of (0, width) on every number, which makes a density of whole numbers (Theis, van den Oord & Bethge,
/// arXiv:1511.01844, section 3.1): a function of seed, step, row and column.
struct Dequantization {
  double width = 0;  ///< 0: no noise
  std::uint64_t seed = 0;
  std::uint64_t step = fixed;

  /// The step of noise that stays the same, as that of held-out rows.
  static constexpr std::uint64_t fixed = ~std::uint64_t{0} >> 1;

  /// Adds the noise of row row_of(i) of a data set to row i of the values.
  template <class Matrix, class RowOf>
  void add_to(Matrix& values, const RowOf& row_of) const {
    using Scalar = typename Matrix::Scalar;
    if (width == 0) return;
    constexpr std::uint64_t stream = 0x64657175;  // distinct from all other draws of the seed
    const std::uint64_t key = Rng(seed, stream).fork(step).seed();
    for (Eigen::Index i = 0; i < values.rows(); ++i) {
      const auto row = static_cast<std::uint64_t>(row_of(i));
      for (Eigen::Index j = 0; j < values.cols(); j += 4) {
        const detail::PhiloxCounter words = detail::philox4x32(
            {detail::low_half(row), detail::high_half(row), static_cast<std::uint32_t>(j / 4), 0},
            {detail::low_half(key), detail::high_half(key)});
        for (Eigen::Index k = 0; k < std::min<Eigen::Index>(4, values.cols() - j); ++k)
          add(values(i, j + k),
              static_cast<Scalar>(width) * unit<Scalar>(words[static_cast<std::size_t>(k)]));
      }
    }
  }

 private:
  // The sum stays inside of (value, value + width), whatever its rounding: pixels of [0, 1] stay inside of their support.
  template <class Scalar>
  void add(Scalar& value, Scalar noise) const {
    const Scalar end = value + static_cast<Scalar>(width);
    value = std::clamp(value + noise, std::nextafter(value, end), std::nextafter(end, value));
  }
  // In [0, 1), of 24 bits in float and of 32 in double.
  template <class Scalar>
  static Scalar unit(std::uint32_t word) {
    if constexpr (std::is_same_v<Scalar, float>)
      return static_cast<float>(word >> 8) * 0x1p-24F;
    else
      return static_cast<Scalar>(word) * static_cast<Scalar>(0x1p-32);
  }
};

}  // namespace eigenflow
