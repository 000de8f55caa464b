#include "eigenflow/optim/schedule.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace ef = eigenflow;

TEST_CASE("the constant schedule is one") {
  const ef::Schedule schedule = ef::constant_schedule();
  CHECK(schedule(0, 10) == 1);
  CHECK(schedule(9, 10) == 1);
}

TEST_CASE("the cosine schedule falls from one to its last value by half a cosine") {
  const ef::Schedule to_zero = ef::cosine_schedule();
  CHECK(to_zero(0, 1200) == 1);
  CHECK(to_zero(200, 1200) == Approx((2 + std::sqrt(3.0)) / 4).epsilon(1e-14));  // cos 30°
  CHECK(to_zero(300, 1200) == Approx((2 + std::sqrt(2.0)) / 4).epsilon(1e-14));  // cos 45°
  CHECK(to_zero(600, 1200) == Approx(0.5).epsilon(1e-14));
  CHECK(to_zero(800, 1200) == Approx(0.25).epsilon(1e-14));  // cos 120°
  CHECK(to_zero(1200, 1200) == Approx(0).margin(1e-15));
  CHECK(to_zero(5000, 1200) == to_zero(1200, 1200));  // a fit that goes on stays there

  const ef::Schedule to_tenth = ef::cosine_schedule(0.1);
  CHECK(to_tenth(0, 8) == 1);
  CHECK(to_tenth(4, 8) == Approx(0.55).epsilon(1e-14));
  CHECK(to_tenth(8, 8) == Approx(0.1).epsilon(1e-14));
}

TEST_CASE("a warm-up rises linearly to one and hands over the steps that remain") {
  const ef::Schedule plain = ef::warm_up(4);
  for (int step = 0; step < 4; ++step) CHECK(plain(step, 100) == (step + 1) / 4.0);
  CHECK(plain(4, 100) == 1);
  CHECK(plain(99, 100) == 1);

  const ef::Schedule then_cosine = ef::warm_up(20, ef::cosine_schedule());
  CHECK(then_cosine(19, 100) == 1);
  CHECK(then_cosine(20, 100) == 1);
  CHECK(then_cosine(60, 100) == Approx(0.5).epsilon(1e-14));
  CHECK(then_cosine(100, 100) == Approx(0).margin(1e-15));
}

TEST_CASE("a warm-up rejects an empty schedule to follow") {
  CHECK_THROWS_WITH(ef::warm_up(10, ef::Schedule{}),
                    Catch::Matchers::ContainsSubstring("warm_up needs a schedule to follow"));
}

TEST_CASE("schedules of no steps, and a warm-up longer than the fit, stay in [0, 1]") {
  CHECK(ef::cosine_schedule()(0, 0) == 1);
  CHECK(ef::warm_up(0)(0, 10) == 1);
  const ef::Schedule longer = ef::warm_up(50, ef::cosine_schedule());
  CHECK(longer(9, 10) == 0.2);
  CHECK(longer(50, 10) == 1);
}
