#include "eigenflow/bases/gaussian_mixture.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "eigenflow/numerics/finite.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using bases::draw;
using bases::log_prob_at;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

using Mixture = ef::GaussianMixture<double>;

// Three components of the plane, far from alike.
struct Example {
  Mixture base{2, 3};
  VectorXd theta = VectorXd(15);
  VectorXd weights = VectorXd(3);
  MatrixXd mean, deviation;  // 2 × 3

  Example() {
    auto p = ef::view_parameters(base, std::span<double>(theta.data(), 15));
    p.logits << 0.3, -0.9, 1.1;
    p.mean << -2, 0.5, 3, 1, -1.5, 0.25;
    p.log_scale << -0.5, 0.2, 0.7, 0.1, -1.2, 0;
    weights = p.logits.array().exp() / p.logits.array().exp().sum();
    mean = p.mean;
    deviation = (p.log_scale.array() / (1 + p.log_scale.array().abs() / 20)).exp();
  }

  double density(const Eigen::Vector2d& z) const {
    long double sum = 0;
    for (Index k = 0; k < 3; ++k) {
      long double term = static_cast<long double>(weights[k]);
      for (Index j = 0; j < 2; ++j) {
        const long double e = static_cast<long double>((z[j] - mean(j, k)) / deviation(j, k));
        term *= std::exp(-e * e / 2) / std::sqrt(2 * std::numbers::pi_v<long double>) /
                static_cast<long double>(deviation(j, k));
      }
      sum += term;
    }
    return static_cast<double>(sum);
  }
};

}  // namespace

TEST_CASE("GaussianMixture obeys the laws of gradients and batches") {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::GaussianMixture<S, D>(kind.dim, 4);
  };
  contract::check_base<1, 3>("GaussianMixture", make);
  contract::check_base<2>("GaussianMixture, far out", make, {.spread = 8});
}

TEST_CASE("GaussianMixture: the log of the sum, near and far") {
  const Example example;
  for (const Eigen::Vector2d& z : {Eigen::Vector2d(0, 0), Eigen::Vector2d(-2, 1), Eigen::Vector2d(4, -3)})
    CHECK(log_prob_at(example.base, example.theta, z) == Approx(std::log(example.density(z))).epsilon(1e-14));

  // Where every density underflows, the logarithm goes on as the widest component's.
  const Eigen::Vector2d far(1000, 0.25);
  const double e = (far[0] - example.mean(0, 2)) / example.deviation(0, 2);
  const double expected = std::log(example.weights[2]) - 0.5 * e * e -
                          std::log(example.deviation(0, 2) * example.deviation(1, 2)) -
                          std::log(2 * std::numbers::pi);
  CHECK(log_prob_at(example.base, example.theta, far) == Approx(expected).epsilon(1e-12));
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_FALSE(ef::detail::is_finite(log_prob_at(example.base, example.theta, Eigen::Vector2d(0, bad))));
}

TEST_CASE("GaussianMixture: one component is a DiagonalNormal, and integrates to 1") {
  const Example example;
  double sum = 0;
  const double step = 0.05;
  for (double a = -9; a < 17; a += step) {
    MatrixXd line(400, 2);
    for (Index i = 0; i < 400; ++i) line.row(i) << a, -10 + step * static_cast<double>(i);
    sum += bases::log_prob(example.base, example.theta, line).array().exp().sum();
  }
  CHECK(sum * step * step == Approx(1).epsilon(1e-9));

  VectorXd one(5);
  one << 7, 0.5, -1, 0, 0;  // a single logit says nothing
  CHECK(log_prob_at(Mixture(2, 1), one, Eigen::Vector2d(0.5, 1)) ==
        Approx(-2 - std::log(2 * std::numbers::pi)).epsilon(1e-14));
}

TEST_CASE("GaussianMixture: samples have its moments, and are one sample however they are cut") {
  const Example example;
  const VectorXd mean = example.mean * example.weights;
  const MatrixXd squares = example.deviation.cwiseAbs2() + example.mean.cwiseAbs2();
  const VectorXd deviation = (squares * example.weights - mean.cwiseAbs2()).cwiseSqrt();
  const MatrixXd samples = draw(example.base, example.theta, 40'000, 256, ef::Rng(2));
  bases::check_moments(samples, mean, deviation, 5);
  // One in a small box by its density.
  const double inside = ((samples.rowwise() - Eigen::RowVector2d(0.5, -1.5)).array().abs() < 0.1)
                            .rowwise()
                            .all()
                            .cast<double>()
                            .mean();
  CHECK(inside == Approx(0.04 * example.density({0.5, -1.5})).epsilon(0.15));
  bases::check_one_sample_however_cut(example.base, example.theta);
}

TEST_CASE("GaussianMixture: starts spread out, about N(0, I) as a whole") {
  const Index components = 200;
  const Mixture base(3, components);
  VectorXd theta(components * 7);
  ef::Rng rng(1);
  base.initialise({theta.data(), static_cast<std::size_t>(theta.size())}, rng);
  const MatrixXd samples = draw(base, theta, 40'000, 256, ef::Rng(2));
  for (Index j = 0; j < 3; ++j) {
    const double mean = samples.col(j).mean();
    CHECK(std::abs(mean) < 0.2);
    CHECK((samples.col(j).array() - mean).square().mean() == Approx(1).epsilon(0.2));
  }
  CHECK(base.describe() == "200 components");
  CHECK_THROWS_WITH(Mixture(2, 0), ContainsSubstring("one component or more, but got 0"));
}
