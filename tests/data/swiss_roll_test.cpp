#include "eigenflow/data/swiss_roll.hpp"

#include <Eigen/Core>
#include <cmath>

#include "support/brute_force.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

TEST_CASE("swiss_roll: the density by brute force, from the definition") {
  const long double pi = std::acos(-1.0L);
  Eigen::MatrixX2d points(7, 2);
  points << 0.0, 0.0, 0.0, -1.0, 2.4, 1.0, -0.5, 2.9, 0.1, 2.0, -3.0, -1.0, 1.0, 3.3;
  const Eigen::VectorXd log_density = ef::swiss_roll<double>.log_density(points);
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    const long double x = points(i, 0);
    const long double y = points(i, 1);
    const long double integral = ef::test::simpson(0.0L, 1.0L, 20'000, [&](long double u) {
      const long double t = 1.5L * pi * (1 + 2 * u);
      return ef::test::gaussian_2d(x - t * std::cos(t) / 5, y - t * std::sin(t) / 5, 0.2L);
    });
    CAPTURE(i);
    CHECK(std::abs(log_density[i] - static_cast<double>(std::log(integral))) < 1e-9);
  }
}
