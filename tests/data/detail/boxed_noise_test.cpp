#include "eigenflow/data/detail/boxed_noise.hpp"

#include <algorithm>
#include <cmath>

#include "support/catch.hpp"

using eigenflow::detail::BoxedGaussianNoise;

namespace {

/// The Gaussian averaged over the jitter by Simpson's rule, in long double and relative to its largest value.
double reference(double offset, double sigma, double half_width) {
  constexpr int steps = 6000;
  const long double nearest = std::max(0.0, std::abs(offset) - half_width) / sigma;
  long double sum = 0.0L;
  for (int i = 0; i <= steps; ++i) {
    const long double jitter = half_width * (2.0L * i / steps - 1.0L);
    const long double distance = (offset - jitter) / sigma;
    const long double weight = i == 0 || i == steps ? 1.0L : (i % 2 == 1 ? 4.0L : 2.0L);
    sum += weight * std::exp(0.5L * (nearest * nearest - distance * distance));
  }
  const long double density = sum / (3.0L * steps) / (sigma * std::sqrt(2.0L * std::acos(-1.0L)));
  return static_cast<double>(std::log(density) - 0.5L * nearest * nearest);
}

}  // namespace

TEST_CASE("BoxedGaussianNoise: a Gaussian averaged over a box") {
  const double sigma = 0.1;
  const double half_width = 0.5 / 6.0;
  const BoxedGaussianNoise noise(sigma, half_width);
  double worst = 0.0;
  for (double offset = -1.9; offset < 1.9; offset += 0.0313) {
    worst = std::max(worst, std::abs(noise.log_density_1d(offset) - reference(offset, sigma, half_width)));
  }
  CHECK(worst < 3e-11);

  SECTION("and beyond the table, with no seam") {
    for (double offset : {2.001, 2.5, 10.0}) {
      CHECK(noise.log_density_1d(offset) == Approx(reference(offset, sigma, half_width)).epsilon(1e-9));
    }
    const double inside = noise.log_density_1d(std::nextafter(2.0, 0.0));
    CHECK(noise.log_density_1d(2.0) == Approx(inside).epsilon(1e-10));
    CHECK(std::isfinite(noise.log_density_1d(1e6)));
  }
}

TEST_CASE("BoxedGaussianNoise: both coordinates count") {
  const BoxedGaussianNoise noise(0.1, 0.05);
  const eigenflow::detail::PanelArray dx = eigenflow::detail::PanelArray::LinSpaced(-0.3, 0.4);
  const eigenflow::detail::PanelArray dy = eigenflow::detail::PanelArray::LinSpaced(0.5, -0.2);
  const eigenflow::detail::PanelArray both = noise.log_density(dx, dy);
  for (Eigen::Index i = 0; i < both.size(); ++i) {
    CHECK(both[i] == Approx(reference(dx[i], 0.1, 0.05) + reference(dy[i], 0.1, 0.05)).epsilon(1e-10));
  }
}
