#include "eigenflow/data/pinwheel.hpp"

#include <Eigen/Core>
#include <cmath>

#include "support/catch.hpp"

namespace ef = eigenflow;

namespace {

/// The definition: where the features (u, v) of arm k end up.
Eigen::Vector2d point_of(double u, double v, int k) {
  const double angle = 2.0 * std::acos(-1.0) * k / 5 + 0.25 * std::exp(u);
  return 2.0 * Eigen::Vector2d(u * std::cos(angle) - v * std::sin(angle),
                               u * std::sin(angle) + v * std::cos(angle));
}

/// The density that one pre-image gives: features' density
/// over the map's Jacobian, taken by central differences.
double density_from(double u, double v, int k) {
  const double h = 1e-5;
  const Eigen::Vector2d du = (point_of(u + h, v, k) - point_of(u - h, v, k)) / (2 * h);
  const Eigen::Vector2d dv = (point_of(u, v + h, k) - point_of(u, v - h, k)) / (2 * h);
  const double jacobian = du.x() * dv.y() - du.y() * dv.x();
  const double along = (u - 1.0) / 0.3;
  const double across = v / 0.1;
  const double features = std::exp(-0.5 * (along * along + across * across)) / (2.0 * std::acos(-1.0) * 0.03);
  return features / (5.0 * std::abs(jacobian));
}

/// The mean density of 2 f on the circle of radius 2 · `radius`, from the features' density.
double mean_around(double radius) {
  constexpr int angles = 4000;
  double sum = 0.0;
  for (int i = 0; i < angles; ++i) {
    const double angle = 2.0 * std::acos(-1.0) * (i + 0.5) / angles;
    const double along = (radius * std::cos(angle) - 1.0) / 0.3;
    const double across = radius * std::sin(angle) / 0.1;
    sum += std::exp(-0.5 * (along * along + across * across)) / (2.0 * std::acos(-1.0) * 0.03);
  }
  return sum / angles / 4.0;
}

}  // namespace

TEST_CASE("pinwheel: on an arm's back the density is that of its one likely pre-image") {
  for (double u : {0.9, 1.0, 1.3, 1.6}) {
    for (double v : {-0.15, 0.0, 0.1}) {
      for (int k : {0, 3}) {
        const double log_density = ef::pinwheel<double>.log_density(point_of(u, v, k).transpose())[0];
        CAPTURE(u, v, k);
        CHECK(std::abs(log_density - std::log(density_from(u, v, k))) < 2e-4);
        CHECK(log_density > std::log(density_from(u, v, k)) - 1e-8);
      }
    }
  }
}

// The radius is untouched by the turning: |x|/2 has the distribution of |f|, whose density on a circle
// follows from the features' alone. Up to radius 2 the folds of the map lie beyond five sigmas, and the means
// over equal angles converge.
TEST_CASE("pinwheel: around each circle the density averages to that of the features") {
  constexpr int angles = 4000;
  for (double radius : {0.05, 0.3, 0.7, 1.0, 1.5, 2.0}) {
    double pinwheel = 0.0;
    for (int i = 0; i < angles; ++i) {
      const double angle = 2.0 * std::acos(-1.0) * (i + 0.5) / angles;
      const Eigen::RowVector2d x(2.0 * radius * std::cos(angle), 2.0 * radius * std::sin(angle));
      pinwheel += std::exp(ef::pinwheel<double>.log_density(x)[0]) / angles;
    }
    CAPTURE(radius);
    CHECK(pinwheel == Approx(mean_around(radius)).epsilon(1e-6));
  }
}

TEST_CASE("pinwheel: far out the density is its average around the circle") {
  for (double radius : {4.501, 6.0, 10.0}) {
    const double expected = std::log(mean_around(radius));
    CAPTURE(radius);
    CHECK(std::abs(ef::pinwheel<double>.log_density(Eigen::RowVector2d(0.0, 2.0 * radius))[0] - expected) <
          1e-3);
  }
}

TEST_CASE("pinwheel: a fifth of a turn changes nothing") {
  ef::Rng rng(8);
  const Eigen::MatrixX2d points = ef::pinwheel<double>(500, rng);
  const double angle = 2.0 * std::acos(-1.0) / 5;
  Eigen::Matrix2d turn;
  turn << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle);
  const Eigen::MatrixX2d turned = points * turn.transpose();
  CHECK((ef::pinwheel<double>.log_density(turned) - ef::pinwheel<double>.log_density(points))
            .cwiseAbs()
            .maxCoeff() < 1e-9);
}
