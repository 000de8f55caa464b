#include "eigenflow/ensemble/ensemble.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "eigenflow/any/describe.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::random_normal;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

using Member = ef::Flow<ef::Planar<double, 2>, ef::StudentT<double, 2>>;

std::vector<Member> members(Index count) {
  ef::Rng rng(1);
  std::vector<Member> all;
  for (Index m = 0; m < count; ++m) {
    all.emplace_back(rng);
    all.back().parameters() =
        0.5 * random_normal<double>(all.back().parameters().size(), 1, 10 + static_cast<std::uint64_t>(m));
  }
  return all;
}

}  // namespace

TEST_CASE("an Ensemble has the mean density of its members, and their spread") {
  const std::vector<Member> all = members(4);
  const ef::Ensemble ensemble(all);
  const MatrixXd x = 2 * random_normal<double>(600, 2, 3);
  MatrixXd log_prob(600, 4);
  for (Index m = 0; m < 4; ++m) log_prob.col(m) = all[static_cast<std::size_t>(m)].log_prob(x);
  CHECK(ensemble.size() == 4);
  CHECK(ensemble.member_log_prob(x) == log_prob);
  CHECK(ensemble.log_prob(x).isApprox(log_prob.array().exp().rowwise().mean().log().matrix(), 1e-13));
  const VectorXd mean = log_prob.rowwise().mean();
  CHECK(ensemble.spread(x).isApprox((log_prob.colwise() - mean).rowwise().norm() / 2, 1e-13));

  // The gradient: of the mean of the densities.
  const auto with_grad = ensemble.log_prob_and_grad(x);
  MatrixXd grad = MatrixXd::Zero(600, 2);
  for (Index m = 0; m < 4; ++m)
    grad += (log_prob.col(m) - ensemble.log_prob(x)).array().exp().matrix().asDiagonal() *
            all[static_cast<std::size_t>(m)].log_prob_and_grad(x).grad / 4;
  CHECK(with_grad.grad.isApprox(grad, 1e-12));

  MatrixXd bad = x.topRows(2);
  bad(1, 0) = std::numeric_limits<double>::quiet_NaN();
  const VectorXd spread = ensemble.spread(bad);
  CHECK(spread[0] == ensemble.spread(x)[0]);
  CHECK(std::isnan(spread[1]));

  std::ostringstream printed;
  printed << ensemble;
  CHECK_THAT(printed.str(), ContainsSubstring("base Mixture (4 × TransformedBase): "));
}

TEST_CASE("an Ensemble: its weights are frozen, and its members are trained further") {
  const ef::Ensemble ensemble(members(3));
  const auto trainable = ensemble.trainable();
  REQUIRE(trainable.size() == 1);
  CHECK(trainable[0].offset == 3);
  CHECK(trainable[0].end() == ensemble.parameters().size());
}

TEST_CASE("an Ensemble: the spread where members have no density is infinite, or zero if none has one") {
  using Box = ef::Flow<ef::Permutation<double, 1>, ef::Uniform<double, 1>>;
  ef::Rng rng(1);
  const auto box = [&](double low, double high) {
    return Box(ef::Permutation<double, 1>(ef::in_order(1)),
               ef::Uniform<double, 1>(VectorXd::Constant(1, low), VectorXd::Constant(1, high)), rng);
  };
  const ef::Ensemble ensemble(std::vector<Box>{box(0, 2), box(1, 5)});
  MatrixXd x(4, 1);
  const double infinity = std::numeric_limits<double>::infinity();
  x << 0.5, 1.5, 4, 7;
  const VectorXd spread = ensemble.spread(x), log_prob = ensemble.log_prob(x);
  CHECK(spread[0] == infinity);
  CHECK(spread[1] == Approx((std::log(4.0) - std::log(2.0)) / 2).epsilon(1e-14));
  CHECK(spread[2] == infinity);
  CHECK(spread[3] == 0);
  CHECK(log_prob[1] == Approx(std::log(0.5 * (0.5 + 0.25))).epsilon(1e-14));
  CHECK(log_prob[3] == -infinity);
  const auto with_grad = ensemble.log_prob_and_grad(x);
  CHECK(with_grad.grad.isZero(0));
}

TEST_CASE("an Ensemble of conditional flows takes a context") {
  using Conditional = ef::Flow<ef::AffineCoupling<double, 2>>;
  ef::Rng rng(1);
  std::vector<Conditional> all;
  for (int m = 0; m < 3; ++m) {
    all.emplace_back(ef::AffineCoupling<double, 2>(2, {.hidden = {5}}, 1), rng);
    rng.fill_normal(all.back().parameters());
  }
  const ef::Ensemble ensemble(all);
  const MatrixXd x = random_normal<double>(30, 2, 3), c = random_normal<double>(30, 1, 4);
  MatrixXd log_prob(30, 3);
  for (Index m = 0; m < 3; ++m) log_prob.col(m) = all[static_cast<std::size_t>(m)].log_prob(x, c);
  CHECK(ensemble.member_log_prob(x, c) == log_prob);
  CHECK(ensemble.log_prob(x, c).isApprox(log_prob.array().exp().rowwise().mean().log().matrix(), 1e-13));
  CHECK((ensemble.spread(x, c).array() > 0).all());
  CHECK_THROWS_WITH(ensemble.spread(x), ContainsSubstring("spread was given no context"));
}

TEST_CASE("an Ensemble rejects no members, and rows of another width") {
  CHECK_THROWS_WITH(ef::Ensemble(std::vector<Member>{}), ContainsSubstring("one member or more, but got 0"));
  const std::vector<Member> one = members(1);
  CHECK_THROWS_WITH(ef::Ensemble(one[0], 0), ContainsSubstring("one member or more, but 0 were asked for"));
  const ef::Ensemble ensemble(one);
  CHECK(ensemble.spread(MatrixXd::Zero(2, 2)).isZero(0));
  CHECK_THROWS_WITH(ensemble.spread(MatrixXd::Zero(2, 3)), ContainsSubstring("spread expects N × 2"));
}
