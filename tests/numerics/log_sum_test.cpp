#include "eigenflow/numerics/log_sum.hpp"

#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "support/catch.hpp"

using eigenflow::detail::LogSum;

TEST_CASE("LogSum: the sum of exponentials, in any order") {
  LogSum up;
  LogSum down;
  for (int k = 1; k <= 20; ++k) {
    up.add(std::log(k));
    down.add(std::log(21 - k));
  }
  CHECK(up.value() == Approx(std::log(210.0)).epsilon(1e-14));
  CHECK(down.value() == Approx(std::log(210.0)).epsilon(1e-14));
}

TEST_CASE("LogSum: arrays and single terms mix") {
  LogSum sum;
  sum.add(std::log(4.0));
  sum.add(Eigen::Array<double, 3, 1>(std::log(1.0), std::log(2.0), std::log(3.0)));
  CHECK(sum.value() == Approx(std::log(10.0)).epsilon(1e-14));
}

TEST_CASE("LogSum: terms far beyond the range of exp") {
  LogSum tiny;
  tiny.add(-1e6);
  tiny.add(-1e6);
  CHECK(tiny.value() == Approx(-1e6 + std::log(2.0)).epsilon(1e-15));
  tiny.add(1e6);
  CHECK(tiny.value() == 1e6);
}

TEST_CASE("LogSum: terms of zero leave the sum as it is") {
  const double zero = -std::numeric_limits<double>::infinity();
  LogSum sum;
  CHECK(sum.value() == zero);
  sum.add(zero);
  CHECK(sum.value() == zero);
  sum.add(2.0);
  sum.add(zero);
  CHECK(sum.value() == 2.0);
}
