#include "eigenflow/data/checkerboard.hpp"

#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "support/catch.hpp"

namespace ef = eigenflow;

TEST_CASE("checkerboard: the dark fields, edge by edge") {
  const double dark = -std::log(32.0);
  const double none = -std::numeric_limits<double>::infinity();
  const auto at = [](double x, double y) {
    return ef::checkerboard<double>.log_density(Eigen::RowVector2d(x, y))[0];
  };
  CHECK(at(0.0, 0.0) == Approx(dark).epsilon(1e-15));
  CHECK(at(1.9, 1.9) == Approx(dark).epsilon(1e-15));
  CHECK(at(2.0, 1.9) == none);
  CHECK(at(2.0, 2.0) == Approx(dark).epsilon(1e-15));
  CHECK(at(-0.1, 0.1) == none);
  CHECK(at(-0.1, -0.1) == Approx(dark).epsilon(1e-15));
  CHECK(at(-4.0, -4.0) == Approx(dark).epsilon(1e-15));
  CHECK(at(-4.0, 0.5) == Approx(dark).epsilon(1e-15));
  CHECK(at(3.9, -1.9) == Approx(dark).epsilon(1e-15));  // fields 1 and -1
  CHECK(at(4.0, 2.5) == none);
  CHECK(at(-4.1, -3.0) == none);
  CHECK(at(1e300, -1e300) == none);
}

TEST_CASE("checkerboard: no draw leaves the dark fields, not even by rounding to float") {
  ef::Rng rng(5);
  CHECK(ef::checkerboard<float>.log_density(ef::checkerboard<float>(200'000, rng)).minCoeff() > -3.47F);
  CHECK(ef::checkerboard<double>.log_density(ef::checkerboard<double>(200'000, rng)).minCoeff() > -3.47);
}
