#include "eigenflow/bases/conditional_normal.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

using Normal = ef::ConditionalNormal<double>;

// A linear conditioner of one column, D = 2: μ = w c + b and a likewise, written out.
const Normal linear(2, 1, {.hidden = {}});
const VectorXd linear_theta = (VectorXd(8) << 1, -2, 0.5, 40, 0.25, 3, -0.5, 0).finished();
double mean(Index j, double c) {
  return linear_theta[j] * c + linear_theta[4 + j];
}
double log_scale(Index j, double c) {
  const double a = linear_theta[2 + j] * c + linear_theta[6 + j];
  return a / (1 + std::abs(a) / 20);
}

MatrixXd draw(const MatrixXd& c, Index height, const ef::Rng& rng) {
  MatrixXd samples(c.rows(), 2);
  ef::Arena arena;
  for (Index first = 0; first < c.rows(); first += height) {
    const ef::ArenaScope scope(arena);
    auto tile = ef::Tile<double>::allocate(arena, std::min(height, c.rows() - first), 2, false);
    tile.attach_context(1) = c.middleRows(first, tile.rows());
    linear.sample({linear_theta.data(), 8}, rng, first, tile);
    samples.middleRows(first, tile.rows()) = tile.values;
  }
  return samples;
}

}  // namespace

TEST_CASE("ConditionalNormal obeys the laws of gradients and batches") {
  contract::check_base<1, 3>("ConditionalNormal", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::ConditionalNormal<S, D>(kind.dim, 2, {.hidden = {3}, .activation = ef::Activation::tanh});
  });
}

TEST_CASE("ConditionalNormal: closed form, with the bound of its scale") {
  for (const double c : {0.0, 0.7, -1.5, 2.0}) {
    const Eigen::Vector2d z(0.3, 1.2);
    double expected = -std::log(2 * std::acos(-1.0));
    for (Index j = 0; j < 2; ++j)
      expected -= 0.5 * std::pow((z[j] - mean(j, c)) / std::exp(log_scale(j, c)), 2) + log_scale(j, c);
    const contract::Problem<double> problem{linear_theta, z.transpose(), MatrixXd::Constant(1, 1, c)};
    const double log_p =
        contract::evaluate(contract::BaseSubject(linear), contract::Direction::forward, problem).log_det[0];
    INFO("c = " << c);
    CHECK(log_p == Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("ConditionalNormal: samples have the mean and the scale of their own row's context") {
  constexpr Index rows = 40'000;
  MatrixXd c(rows, 1);
  for (Index i = 0; i < rows; ++i) c(i, 0) = i % 2 == 0 ? 0.3 : -0.1;
  const MatrixXd samples = draw(c, 256, ef::Rng(2));
  for (Index odd = 0; odd < 2; ++odd)
    for (Index j = 0; j < 2; ++j) {
      // Standard normal if mean and scale are right: its moments within five of their standard errors.
      double sum = 0, squares = 0;
      for (Index i = odd; i < rows; i += 2) {
        const double e = (samples(i, j) - mean(j, c(i, 0))) / std::exp(log_scale(j, c(i, 0)));
        sum += e;
        squares += e * e;
      }
      const double n = rows / 2;
      CHECK(std::abs(sum / n) < 5 / std::sqrt(n));
      CHECK(std::abs(squares / n - 1) < 5 * std::sqrt(2 / n));
    }
}

TEST_CASE("ConditionalNormal: one sample, however it is cut into tiles") {
  const MatrixXd c = contract::random_normal<double>(600, 1, 3);
  const ef::Rng rng(5);
  const MatrixXd whole = draw(c, 600, rng);
  CHECK(draw(c, 256, rng).isApprox(whole, 1e-14));
  CHECK(draw(c, 7, rng).isApprox(whole, 1e-14));
  CHECK(draw(c.topRows(100), 256, rng).isApprox(whole.topRows(100), 1e-14));
  CHECK(!draw(c, 600, ef::Rng(6)).isApprox(whole, 0.1));
}

TEST_CASE("ConditionalNormal starts as N(0, I), whatever the context") {
  const Normal base(3, 2);
  VectorXd theta(ef::parameter_count(base));
  ef::Rng rng(1);
  base.initialise({theta.data(), static_cast<std::size_t>(theta.size())}, rng);
  const MatrixXd z = contract::random_normal<double>(20, 3, 1),
                 c = 9 * contract::random_normal<double>(20, 2, 2);
  const VectorXd log_p =
      contract::evaluate(contract::BaseSubject(base), contract::Direction::forward, {theta, z, c}).log_det;
  for (Index i = 0; i < 20; ++i)
    CHECK(log_p[i] ==
          Approx(-0.5 * z.row(i).squaredNorm() - 1.5 * std::log(2 * std::acos(-1.0))).epsilon(1e-14));
}

TEST_CASE("ConditionalNormal needs a context") {
  CHECK_THROWS_WITH(Normal(2, 0), ContainsSubstring("context of 1 column or more, but got 0"));
  CHECK(Normal(2, 3).context_dim() == 3);
  CHECK(Normal(2, 3, {.hidden = {8}}).describe() == "3 of context, 8, relu");
}
