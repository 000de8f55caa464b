#include "eigenflow/ensemble/fit_ensemble.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/data/two_moons.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::random_normal;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::MatrixXf;
using Eigen::VectorXd;
using Eigen::VectorXf;

namespace {

using Block = ef::Chain<ef::AffineCoupling<float, 2>, ef::Permutation<float, 2>>;
using Coupled = ef::Flow<ef::Standardize<float, 2>, ef::Stack<Block>>;

Coupled coupled() {
  ef::Rng rng(1);
  const Block block(ef::AffineCoupling<float, 2>(2, {.hidden = {24, 24}}), ef::Permutation<float, 2>());
  return {ef::Standardize<float, 2>(), ef::Stack<Block>(4, block), rng};
}

ef::Ensemble<Coupled> fitted(int threads, std::uint64_t seed) {
  const ThreadCount scope(threads);
  ef::Rng rng(2);
  return ef::fit_ensemble(coupled(), ef::two_moons<float>(200, rng), {.members = 3},
                          {.epochs = 3, .batch_size = 30, .seed = seed, .progress = false});
}

}  // namespace

TEST_CASE("fit_ensemble: the ensemble is better than its members on new rows, and disagrees far away") {
  ef::Rng rng(3);
  const MatrixXf x = ef::two_moons<float>(300, rng), fresh = ef::two_moons<float>(2000, rng);
  const auto ensemble = ef::fit_ensemble(
      coupled(), x, {.members = 4},
      {.epochs = 60, .batch_size = 64, .learning_rate = 4e-3, .patience = 10, .progress = false});
  const float of_ensemble = ensemble.log_prob(fresh).mean();
  const MatrixXf of_members = ensemble.member_log_prob(fresh);
  INFO("ensemble " << of_ensemble << ", members " << of_members.colwise().mean());
  CHECK(of_ensemble > of_members.mean() + 0.02F);
  CHECK(of_ensemble > of_members.colwise().mean().maxCoeff());
  REQUIRE(ensemble.histories.size() == 4);
  for (const ef::History& history : ensemble.histories) {
    CHECK(history.stopped != ef::Stopped::non_finite);
    CHECK(history.best_epoch > 0);
  }
  CHECK(ensemble.held_out.mean() == Approx(of_members.mean()).margin(0.15));
  CHECK(ensemble.spread((3 * fresh).eval()).mean() > 3 * ensemble.spread(fresh).mean());
}

TEST_CASE("fit_ensemble: each member holds out its own fold; the folds are all rows, once") {
  const auto ensemble = fitted(1, 5);
  std::vector<Index> rows;
  for (const auto& fold : ensemble.folds) {
    CHECK(fold.size() >= 66);
    CHECK(fold.size() <= 67);
    rows.insert(rows.end(), fold.begin(), fold.end());
  }
  std::sort(rows.begin(), rows.end());
  std::vector<Index> all(200);
  std::iota(all.begin(), all.end(), Index{0});
  CHECK(rows == all);

  // The validation loss of a member is the one of its fold: its best one is that of held_out.
  for (std::size_t m = 0; m < 3; ++m) {
    double sum = 0;
    for (const Index row : ensemble.folds[m]) sum -= static_cast<double>(ensemble.held_out[row]);
    CHECK(ensemble.histories[m].best_loss ==
          Approx(sum / static_cast<double>(ensemble.folds[m].size())).epsilon(1e-5));
  }
  // Each Standardize has the mean of the rows of the other folds.
  ef::Rng rng(2);
  const MatrixXf x = ef::two_moons<float>(200, rng);
  for (std::size_t m = 0; m < 3; ++m) {
    VectorXd sum = x.cast<double>().colwise().sum();
    for (const Index row : ensemble.folds[m]) sum -= x.row(row).cast<double>();
    const auto& standardize = ensemble.base().components()[m].layers().layer<0>();
    const VectorXd mean = sum / static_cast<double>(200 - ensemble.folds[m].size());
    CHECK(standardize.mean().cast<double>().isApprox(mean, 1e-5));
  }
}

TEST_CASE(
    "fit_ensemble: the same seed gives the same bits, whatever the threads; another seed gives others") {
  const auto one = fitted(1, 7), two = fitted(2, 7), three = fitted(3, 7), other = fitted(1, 8);
  CHECK(two.parameters() == one.parameters());
  CHECK(three.parameters() == one.parameters());
  CHECK(two.held_out == one.held_out);
  CHECK(two.folds == one.folds);
  CHECK(other.parameters() != one.parameters());
  CHECK(other.folds != one.folds);
  // Members differ, and the flow that was given is as it was.
  const Index size = one.base().segment(0).size;
  const auto member = [&](Index m) { return one.parameters().segment(3 + m * size, size); };
  CHECK(member(0) != member(1));
  CHECK(member(1) != member(2));
}

TEST_CASE("fit_ensemble: frozen parameters are those of the flow") {
  ef::Rng rng(1);
  ef::Flow flow{ef::Planar<double, 2>(), ef::DiagonalNormal<double, 2>(), rng};
  flow.parameters().tail(4) << 1, 2, 0.5, -0.5;
  flow.freeze("base");
  const VectorXd before = flow.parameters();
  const MatrixXd x = random_normal<double>(60, 2, 4);
  const auto ensemble = ef::fit_ensemble(flow, x, {.members = 2}, {.epochs = 2, .progress = false});
  CHECK(flow.parameters() == before);
  for (const Index end : {ensemble.base().segment(0).end(), ensemble.base().segment(1).end()})
    CHECK(ensemble.parameters().segment(end - 4, 4) == before.tail(4));
}

TEST_CASE("fit_ensemble: conditional flows, weights, an optimizer and an objective") {
  ef::Rng rng(1);
  ef::Flow flow{ef::ConditionalNormal<double, 1>(1, 1, {.hidden = {}}), rng};
  const MatrixXd c = random_normal<double>(400, 1, 2);
  const MatrixXd x = 2 * c + 0.5 * random_normal<double>(400, 1, 3);
  VectorXd weights = VectorXd::Ones(400);
  weights.head(100).setZero();
  const auto ensemble = ef::fit_ensemble(
      flow, x, c, {.members = 3},
      {.epochs = 150, .batch_size = 64, .learning_rate = 0.05, .weights = weights, .progress = false},
      ef::AdamW{}, ef::MaximumLikelihood{});
  const double best =
      -0.5 * std::log(2 * std::numbers::pi) - std::log(0.5) - 0.5 * ((x - 2 * c) / 0.5).squaredNorm() / 400;
  CHECK(ensemble.log_prob(x, c).mean() == Approx(best).margin(0.02));
  CHECK(ensemble.held_out.mean() == Approx(best).margin(0.03));
  const MatrixXd given = MatrixXd::Constant(1, 1, 3);
  CHECK(ensemble.sample(2000, given, rng).mean() == Approx(6).margin(0.2));
}

TEST_CASE("fit_ensemble rejects what it cannot do") {
  const ef::Flow flow = coupled();
  const MatrixXf x = random_normal<float>(20, 2, 4);
  CHECK_THROWS_WITH(ef::fit_ensemble(flow, x, {.members = 1}),
                    ContainsSubstring("2 members or more, but 1 was"));
  CHECK_THROWS_WITH(ef::fit_ensemble(flow, x, {.members = 21}), ContainsSubstring("20 rows for 21 members"));
  CHECK_THROWS_WITH(ef::fit_ensemble(flow, x, {}, {.validation = x}), ContainsSubstring("leave validation"));
  CHECK_THROWS_WITH(ef::fit_ensemble(flow, x, {}, {.validation_rows = {1}}),
                    ContainsSubstring("leave validation"));
  CHECK_THROWS_WITH(ef::fit_ensemble(flow, x, {}, {.checkpoints = {.save = [](const ef::FitState&) {}}}),
                    ContainsSubstring("no checkpoints"));
  CHECK_THROWS_WITH(ef::fit_ensemble(flow, x.leftCols(1).eval()), ContainsSubstring("expects N × 2"));
}

TEST_CASE("fit: validation_rows are held out, whatever their order") {
  const MatrixXf x = random_normal<float>(50, 2, 4);
  Coupled flow = coupled();
  const auto history = ef::fit(flow, x, {.epochs = 2, .validation_rows = {7, 3, 49}, .progress = false});
  const double loss = -static_cast<double>(flow.log_prob(x.row(7))[0] + flow.log_prob(x.row(3))[0] +
                                           flow.log_prob(x.row(49))[0]) /
                      3;
  CHECK(history.best_loss == Approx(loss).epsilon(1e-5));
  // The start from data is that of the other rows.
  MatrixXf rest(47, 2);
  for (Index i = 0, k = 0; i < 50; ++i)
    if (i != 3 && i != 7 && i != 49) rest.row(k++) = x.row(i);
  const auto& mean = flow.layers().layer<0>().mean();
  CHECK(mean.isApprox(rest.colwise().mean().transpose(), 1e-5F));

  const auto fit = [&](std::vector<Index> rows) {
    ef::fit(flow, x, {.epochs = 0, .validation_rows = std::move(rows), .progress = false});
  };
  CHECK_THROWS_WITH(fit({1, 50}), ContainsSubstring("rows of x, 0 to 49, but one is 50"));
  CHECK_THROWS_WITH(fit({1, -1}), ContainsSubstring("but one is -1"));
  CHECK_THROWS_WITH(fit({2, 1, 2}), ContainsSubstring("name row 2 twice"));
  std::vector<Index> all(50);
  std::iota(all.begin(), all.end(), Index{0});
  CHECK_THROWS_WITH(fit(all), ContainsSubstring("all 50 rows of x"));
  CHECK_THROWS_WITH(ef::fit(flow, x, {.validation = x, .validation_rows = {1}}),
                    ContainsSubstring("a validation set and validation_rows"));
}
