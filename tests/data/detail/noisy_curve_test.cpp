#include "eigenflow/data/detail/noisy_curve.hpp"

#include <Eigen/Core>
#include <cmath>
#include <numbers>

#include "support/catch.hpp"

using eigenflow::detail::GaussianNoise;
using eigenflow::detail::GaussLegendreTen;
using eigenflow::detail::NoisyCurve;

TEST_CASE("GaussLegendreTen: exact to degree 19, not at 20") {
  for (int degree = 0; degree <= 20; ++degree) {
    double integral = 0.0;
    int nodes = 0;
    GaussLegendreTen::for_each([&](Eigen::Index, double x, double weight) {
      integral += weight * std::pow(x, degree);
      ++nodes;
    });
    const double exact = degree % 2 == 0 ? 2.0 / (degree + 1) : 0.0;
    CAPTURE(degree);
    CHECK(nodes == GaussLegendreTen::size);
    if (degree < 20) {
      CHECK(std::abs(integral - exact) < 4e-16);
    } else {
      CHECK(std::abs(integral - exact) > 1e-7);
    }
  }
}

// A segment on the first axis has the closed form φ(y/σ)/σ · (Φ((x − a)/σ) − Φ((x − b)/σ)) / (b − a).
TEST_CASE("NoisyCurve: a segment, along it and beyond its ends") {
  const double sigma = 0.3;
  const double begin = -1.0;
  const double end = 2.0;
  NoisyCurve<GaussianNoise> segment({sigma});
  segment.add(
      begin, end, 1.0, [](double t) { return Eigen::Vector2d(t, 0.0); },
      [&](double) { return 1.0 / (end - begin); });
  const double unit = 1.0 / (sigma * std::numbers::sqrt2);
  for (double x = -3.1; x < 4.1; x += 0.0317) {
    for (double y : {-2.0, -0.3, 0.0, 1.1}) {
      const double mirrored = x > 0.5 ? 1.0 - x : x;  // the side where the difference does not cancel
      const double along = 0.5 * (std::erfc((begin - mirrored) * unit) - std::erfc((end - mirrored) * unit));
      const double across =
          std::exp(-0.5 * y * y / (sigma * sigma)) / (sigma * std::sqrt(2.0 * std::numbers::pi));
      const double expected = std::log(along * across / (end - begin));
      CAPTURE(x, y);
      CHECK(std::abs(segment.log_density({x, y}) - expected) < 1e-9);
    }
  }
  CHECK(segment.log_density({0.5, 300.0}) ==
        Approx(-0.5 * 1e6 - std::log(3.0 * sigma * std::sqrt(2.0 * std::numbers::pi))));
}

TEST_CASE("NoisyCurve: curves and their weights add up") {
  const auto zero_weight_end = [](double t) { return 2.0 * t; };
  const auto left = [](double t) { return Eigen::Vector2d(-3.0, t); };
  const auto right = [](double t) { return Eigen::Vector2d(3.0, t); };
  NoisyCurve<GaussianNoise> both({0.5});
  both.add(0.0, 1.0, 1.0, left, zero_weight_end);
  both.add(0.0, 1.0, 1.0, right, zero_weight_end);
  NoisyCurve<GaussianNoise> one({0.5});
  one.add(0.0, 1.0, 1.0, left, zero_weight_end);
  CHECK(both.log_density({0.0, 0.3}) == Approx(one.log_density({0.0, 0.3}) + std::log(2.0)).epsilon(1e-13));
  CHECK(both.log_density({3.1, 0.3}) == Approx(one.log_density({-3.1, 0.3})).epsilon(1e-13));
}
