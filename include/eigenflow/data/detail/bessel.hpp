#pragma once

#include <cmath>
#include <numbers>

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow::detail {

/// log(e⁻ᶻ I₀(z)) for z >= 0: the scaled modified Bessel function of order 0. Abramowitz & Stegun 9.6.12 (power
/// series) and 9.7.1 (asymptotic); in both every term is positive.
[[nodiscard]] inline double log_scaled_bessel_i0(double z) {
  constexpr double negligible = 1e-17;
  double sum = 1.0;
  double term = 1.0;
  if (z < 25.0) {
    for (double k = 1.0; term > negligible * sum; ++k) sum += term *= (0.25 * z * z) / (k * k);
    return std::log(sum) - z;
  }
  for (double k = 1.0; term > negligible; ++k) {
    const double odd = 2.0 * k - 1.0;
    sum += term *= odd * odd / (8.0 * k * z);
  }
  return std::log(sum) - 0.5 * std::log(2.0 * std::numbers::pi * z);
}

}  // namespace eigenflow::detail
