#include "eigenflow/bases/with_circles.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using bases::draw;
using bases::log_prob_at;
using Catch::Matchers::ContainsSubstring;
using Eigen::VectorXd;

namespace {

constexpr double pi = std::numbers::pi;

}  // namespace

TEST_CASE("WithCircles obeys the laws of gradients and batches") {
  contract::check_base<3>("WithCircles", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::WithCircles<ef::DiagonalNormal<S, 2>, D>(kind.dim, {1}, ef::DiagonalNormal<S, 2>());
  });
}

TEST_CASE("WithCircles is the other base on the real features, and uniform on the circles") {
  const ef::DiagonalNormal<double> normal(2);
  const ef::WithCircles base(4, {2, 0}, normal);
  VectorXd theta(4), z(4), real(2);
  theta << 0.5, -1, 0.3, 0.1;
  z << 0.3, 1.5, -3, 0.2;
  real << 1.5, 0.2;
  CHECK(log_prob_at(base, theta, z) ==
        Approx(log_prob_at(normal, theta, real) - 2 * std::log(2 * pi)).epsilon(1e-14));
  VectorXd turned = z;
  turned[0] += 6 * pi;
  CHECK(log_prob_at(base, theta, turned) == log_prob_at(base, theta, z));
  z[2] = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(log_prob_at(base, theta, z)));

  bases::check_one_sample_however_cut(base, theta);
  bases::check_sample_vjp(ef::WithCircles(3, {1}, normal), theta);
}

TEST_CASE("the real features of a sample are the other base's own, and the circles are uniform") {
  const ef::WithCircles base(3, {1}, ef::StandardNormal<double>(2));
  const auto samples = draw(base, {}, 20'000, 256, ef::Rng(3));
  const auto alone = draw(ef::StandardNormal<double>(2), {}, 20'000, 256, ef::Rng(3));
  CHECK(samples.col(0) == alone.col(0));
  CHECK(samples.col(2) == alone.col(1));
  CHECK(samples.col(1).minCoeff() >= -pi);
  CHECK(samples.col(1).maxCoeff() < pi);
  bases::check_moments(samples.col(1), VectorXd::Zero(1), VectorXd::Constant(1, 2 * pi / std::sqrt(12.0)),
                       1.8);
  const double n = 20'000;
  CHECK(std::abs(samples.col(1).dot(samples.col(0)) / n) < 5 * (2 * pi / std::sqrt(12.0)) / std::sqrt(n));
}

TEST_CASE("WithCircles rejects circles that are no features, and a base of other features") {
  const ef::StandardNormal<double> two(2);
  CHECK_THROWS_WITH(ef::WithCircles(3, {3}, two), ContainsSubstring("feature 3 is to be a circle"));
  CHECK_THROWS_WITH(ef::WithCircles(4, {1, 1}, two), ContainsSubstring("named twice"));
  CHECK_THROWS_WITH(
      ef::WithCircles(4, {1}, two),
      ContainsSubstring("4 features with 1 circles need a base of 3 features, but got one of 2"));
}
