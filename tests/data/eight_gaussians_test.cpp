#include "eigenflow/data/eight_gaussians.hpp"

#include <Eigen/Core>
#include <cmath>

#include "support/brute_force.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

TEST_CASE("eight_gaussians: the sum of its parts, from the definition") {
  for (double x : {-3.0, -1.2, 0.0, 0.7, 2.83, 9.0}) {
    for (double y : {-2.5, 0.1, 2.0}) {
      long double sum = 0.0L;
      for (int k = 0; k < 8; ++k) {
        const long double angle = std::acos(-1.0L) * k / 4;
        sum += ef::test::gaussian_2d(x - 4 * std::cos(angle) / 1.414L, y - 4 * std::sin(angle) / 1.414L,
                                     0.5L / 1.414L);
      }
      const double expected = static_cast<double>(std::log(sum / 8));
      CAPTURE(x, y);
      CHECK(ef::eight_gaussians<double>.log_density(Eigen::RowVector2d(x, y))[0] ==
            Approx(expected).epsilon(1e-12));
    }
  }
}
