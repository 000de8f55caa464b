#include "eigenflow/data/circles.hpp"

#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "support/brute_force.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

namespace {

template <class Set>
void check_by_brute_force(const Set& set, const std::vector<long double>& radii, long double sigma) {
  const long double pi = std::acos(-1.0L);
  for (double x : {0.0, 0.02, 0.4, 0.75, 1.1, 1.6, 2.3, 2.9, 3.4}) {
    const double y = 0.3 * x;
    long double sum = 0.0L;
    for (long double radius : radii) {
      sum += ef::test::simpson(0.0L, 2 * pi, 4'000, [&](long double angle) {
        return ef::test::gaussian_2d(x - radius * std::cos(angle), y - radius * std::sin(angle), sigma);
      });
    }
    const long double expected = std::log(sum / (2 * pi * static_cast<long double>(radii.size())));
    CAPTURE(x);
    CHECK(std::abs(set.log_density(Eigen::RowVector2d(x, y))[0] - static_cast<double>(expected)) < 1e-11);
  }
}

}  // namespace

TEST_CASE("circles: the density by brute force, from the definition") {
  check_by_brute_force(ef::circles<double>, {3.0L, 1.5L}, 0.24L);
}

TEST_CASE("rings: the density by brute force, from the definition") {
  check_by_brute_force(ef::rings<double>, {3.0L, 2.25L, 1.5L, 0.75L}, 0.08L);
}
