#include "eigenflow/data/two_moons.hpp"

#include <Eigen/Core>
#include <cmath>

#include "support/brute_force.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

TEST_CASE("two_moons: the density by brute force, from the definition") {
  const long double pi = std::acos(-1.0L);
  Eigen::MatrixX2d points(7, 2);
  points << 0.1, 0.2, -1.0, 1.8, 1.2, 0.7, -3.1, -0.9, 2.0, 2.0, 3.3, 1.4, 0.0, -2.3;
  const Eigen::VectorXd log_density = ef::two_moons<double>.log_density(points);
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    const long double x = points(i, 0);
    const long double y = points(i, 1);
    const auto from = [&](long double moon_x, long double moon_y) {
      return ef::test::gaussian_2d(x - (2 * moon_x - 1), y - (2 * moon_y - 0.2L), 0.2L);
    };
    const long double integral = ef::test::simpson(0.0L, pi, 20'000, [&](long double t) {
      return 0.5L / pi * (from(std::cos(t), std::sin(t)) + from(1 - std::cos(t), 0.5L - std::sin(t)));
    });
    CAPTURE(i);
    CHECK(std::abs(log_density[i] - static_cast<double>(std::log(integral))) < 1e-9);
  }
}
