#pragma once

#include <cmath>

// A reference for integrals that the library does by
// quadrature on panels: Simpson's rule with very many steps.

namespace eigenflow::test {

/// ∫ f over [begin, end]; f gives the integrand in long double.
template <class F>
[[nodiscard]] long double simpson(long double begin, long double end, int steps, F f) {
  long double sum = f(begin) + f(end);
  for (int i = 1; i < steps; ++i) sum += (i % 2 == 1 ? 4.0L : 2.0L) * f(begin + (end - begin) * i / steps);
  return sum * (end - begin) / (3.0L * steps);
}

/// The isotropic Gaussian's density at (dx, dy).
[[nodiscard]] inline long double gaussian_2d(long double dx, long double dy, long double sigma) {
  const long double variance = sigma * sigma;
  return std::exp(-0.5L * (dx * dx + dy * dy) / variance) / (2.0L * std::acos(-1.0L) * variance);
}

}  // namespace eigenflow::test
