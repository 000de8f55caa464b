#include "eigenflow/numerics/normal_quantile.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using eigenflow::detail::normal_quantile;

namespace {

/// How far x is from the true quantile of p, in units of the last place of a double: Newton's step in long
/// double on the side where Φ(x) − p does not cancel.
double error_in_ulp(double x, double p) {
  const long double z = static_cast<long double>(x) / std::sqrt(2.0L);
  long double excess;  // Φ(x) − p
  if (p < 0.3) {
    excess = 0.5L * std::erfc(-z) - p;
  } else if (p > 0.7) {
    excess = (1.0L - p) - 0.5L * std::erfc(z);
  } else {
    excess = 0.5L * std::erf(z) - (p - 0.5L);
  }
  const long double density = std::exp(-z * z) / std::sqrt(2.0L * std::acos(-1.0L));
  return static_cast<double>(std::abs(excess / density / x)) / std::numeric_limits<double>::epsilon();
}

}  // namespace

TEST_CASE("normal quantile: undoes erfc to a few units in the last place") {
  double worst = 0.0;
  for (double exponent = -300.0; exponent < -0.31; exponent += 0.0137) {
    const double p = std::pow(10.0, exponent);
    worst = std::max(worst, error_in_ulp(normal_quantile(p), p));
  }
  for (double exponent = -15.95; exponent < -0.31; exponent += 0.00137) {
    const double p = 1.0 - std::pow(10.0, exponent);
    worst = std::max(worst, error_in_ulp(normal_quantile(p), p));
  }
  for (double p = 0.0501; p < 1.0; p += 0.000317)
    worst = std::max(worst, error_in_ulp(normal_quantile(p), p));
  CAPTURE(worst);
  CHECK(worst < 6.0);
}

TEST_CASE("normal quantile: percentage points of the tables") {
  CHECK(normal_quantile(0.5) == 0.0);
  CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-15));
  CHECK(normal_quantile(0.25) == Approx(-0.674489750196082).epsilon(1e-15));
  CHECK(normal_quantile(1e-300) == Approx(-37.0471).epsilon(1e-6));
}

TEST_CASE("normal quantile: joins its three pieces and never decreases") {
  for (double p : {0.075, 0.925, std::exp(-25.0)}) {
    const double below = normal_quantile(std::nextafter(p, 0.0));
    const double above = normal_quantile(std::nextafter(p, 1.0));
    CHECK(above - below < 1e-13);
    CHECK(normal_quantile(p * 0.999999) < normal_quantile(p));
    CHECK(normal_quantile(p) < normal_quantile(p * 1.000001));
  }
}
