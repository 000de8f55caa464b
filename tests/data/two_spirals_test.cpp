#include "eigenflow/data/two_spirals.hpp"

#include <Eigen/Core>
#include <cmath>

#include "support/brute_force.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

namespace {

/// The density of U/6 + .1 N at `offset`, on the side where the difference does not cancel.
long double jittered(long double offset) {
  const long double unit = 1 / (0.1L * std::sqrt(2.0L));
  const long double from_middle = std::abs(offset - 1.0L / 12);
  return 3 * (std::erfc((from_middle - 1.0L / 12) * unit) - std::erfc((from_middle + 1.0L / 12) * unit));
}

}  // namespace

TEST_CASE("two_spirals: the density by brute force, from the definition") {
  const long double pi = std::acos(-1.0L);
  Eigen::MatrixX2d points(6, 2);
  points << 0.0, 0.0, 0.3, -0.4, 1.9, 1.7, -3.1, 0.2, 3.2, 0.3, 0.9, -2.9;
  const Eigen::VectorXd log_density = ef::two_spirals<double>.log_density(points);
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    const long double x = points(i, 0);
    const long double y = points(i, 1);
    const long double integral = ef::test::simpson(0.0L, 3 * pi, 40'000, [&](long double n) {
      const long double spiral_x = -n * std::cos(n) / 3;
      const long double spiral_y = n * std::sin(n) / 3;
      const long double arms =
          jittered(x - spiral_x) * jittered(y - spiral_y) + jittered(-x - spiral_x) * jittered(-y - spiral_y);
      return arms * n / (9 * pi * pi);  // n = 3π√U has the density 2n/(3π)²; each sign takes half
    });
    CAPTURE(i);
    CHECK(std::abs(log_density[i] - static_cast<double>(std::log(integral))) < 1e-9);
  }
}

TEST_CASE("two_spirals: turned half round, the density is the same") {
  ef::Rng rng(3);
  const Eigen::MatrixX2d points = ef::two_spirals<double>(1000, rng);
  CHECK(ef::two_spirals<double>.log_density(-points).isApprox(ef::two_spirals<double>.log_density(points),
                                                              1e-10));
}
