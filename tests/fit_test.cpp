#include "eigenflow/fit.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "eigenflow/optim/sgd.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// The density N(mean, diag(scale²)) of the features in reverse order: its best fit is known in closed form.
template <class S>
using Gaussian = ef::Flow<ef::Permutation<S, 2>, ef::DiagonalNormal<S, 2>>;

template <class S>
Gaussian<S> standard_gaussian() {
  ef::Rng rng(1);
  return Gaussian<S>{rng};
}

// Means near 1 and -½, deviations near 2 and ½.
template <class S>
contract::MatrixX<S> gaussian_data(Index rows, std::uint64_t seed = 2) {
  contract::MatrixX<S> x = contract::random_normal<S>(rows, 2, seed);
  x.col(0) = x.col(0).array() * S(2) + S(1);
  x.col(1) = x.col(1).array() * S(0.5) - S(0.5);
  return x;
}

// The maximum-likelihood normal of weighted data.
VectorXd best_log_prob(const MatrixXd& x, const VectorXd& weights) {
  VectorXd log_p = VectorXd::Zero(x.rows());
  for (Index j = 0; j < x.cols(); ++j) {
    const double mean = weights.dot(x.col(j)) / weights.sum();
    const VectorXd offset = x.col(j).array() - mean;
    const double variance = weights.dot(offset.cwiseAbs2()) / weights.sum();
    log_p.array() -= offset.array().square() / (2 * variance) + std::log(2 * std::numbers::pi * variance) / 2;
  }
  return log_p;
}

// Maximum likelihood that keeps which rows it was given: to train on, or (no gradient) to judge by.
struct Recorder {
  std::vector<std::vector<Index>>* trained;
  std::vector<std::vector<Index>>* judged;

  template <class Flow>
  double operator()(const Flow& flow, const ef::Batch<typename Flow::Scalar>& batch,
                    std::span<typename Flow::Scalar> grad) const {
    std::vector<Index> rows;
    for (Index i = 0; i < batch.size; ++i) rows.push_back(batch.row(i));
    (grad.empty() ? judged : trained)->push_back(rows);
    return ef::MaximumLikelihood{}(flow, batch, grad);
  }
};

double loss_on(const Gaussian<double>& flow, const MatrixXd& x) {
  return ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(ef::rows_of<const double>(x)), {});
}

}  // namespace

TEST_CASE("fit: a Gaussian is recovered, with weights too") {
  const MatrixXd x = gaussian_data<double>(200);
  VectorXd weights = VectorXd::Ones(200);
  SECTION("all rows alike") {}
  SECTION("weights") {
    for (Index i = 0; i < 200; ++i) weights[i] = static_cast<double>(i % 5) / 3;
  }
  Gaussian<double> flow = standard_gaussian<double>();
  ef::fit(
      flow, x,
      {.epochs = 1500, .batch_size = 200, .learning_rate = 0.1, .validation_fraction = 0, .weights = weights},
      ef::Sgd{});
  CHECK((flow.log_prob(x) - best_log_prob(x, weights)).cwiseAbs().maxCoeff() < 1e-9);
  CHECK(flow.base_parameters().mean[1] == Approx(weights.dot(x.col(0)) / weights.sum()).epsilon(1e-10));
}

TEMPLATE_TEST_CASE("fit: the defaults recover a Gaussian, in float and double", "", float, double) {
  const auto x = gaussian_data<TestType>(4000);
  auto flow = standard_gaussian<TestType>();
  const ef::History history =
      ef::fit(flow, x, {.learning_rate = 0.01, .schedule = ef::cosine_schedule(), .patience = 1000});
  CHECK(history.stopped == ef::Stopped::finished);
  const MatrixXd wide = x.template cast<double>();
  const double best = best_log_prob(wide, VectorXd::Ones(4000)).mean();
  const double reached = flow.log_prob(x).template cast<double>().mean();
  CHECK(reached <= best + 1e-6);
  CHECK(reached > best - 0.01);  // 400 held-out rows choose among four parameters' values: 4/(2·400), twice
}

TEST_CASE("fit: every epoch deals out the training rows once, in a new order, and none that were held out") {
  const MatrixXd x = gaussian_data<double>(50);
  std::vector<std::vector<Index>> trained, judged;
  Gaussian<double> flow = standard_gaussian<double>();
  ef::fit(flow, x, {.epochs = 3, .batch_size = 8, .validation_fraction = 0.25}, ef::Sgd{},
          Recorder{&trained, &judged});
  REQUIRE(trained.size() == 3 * 4);  // 38 training rows: four batches of 8, six rows wait
  REQUIRE(judged.size() == 1 + 3);   // before the first step, and after each epoch
  REQUIRE(judged[0].size() == 12);
  CHECK(judged[1] == judged[0]);
  const std::set<Index> held_out(judged[0].begin(), judged[0].end());
  CHECK(held_out.size() == 12);
  CHECK(*held_out.rbegin() > 12);  // drawn from all rows, not cut off the front
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    std::set<Index> seen;
    for (std::size_t batch = 4 * epoch; batch < 4 * (epoch + 1); ++batch)
      for (const Index row : trained[batch]) {
        CHECK(seen.insert(row).second);
        CHECK_FALSE(held_out.contains(row));
      }
    CHECK(seen.size() == 32);
  }
  CHECK(trained[0] != trained[4]);
  CHECK(trained[4] != trained[8]);
}

TEST_CASE("fit: a number of steps goes before the number of epochs") {
  const MatrixXd x = gaussian_data<double>(40);
  Gaussian<double> by_steps = standard_gaussian<double>(), by_epochs = by_steps;
  const ef::History seven =
      ef::fit(by_steps, x, {.epochs = 1, .steps = 7, .batch_size = 10, .validation_fraction = 0});
  REQUIRE(seven.epochs.size() == 2);
  CHECK(seven.epochs[0].steps == 4);
  CHECK(seven.epochs[1].steps == 7);
  CHECK_THAT(seven.message, ContainsSubstring("7 steps"));

  by_steps = by_epochs;
  ef::fit(by_steps, x, {.steps = 8, .batch_size = 10, .validation_fraction = 0});
  const ef::History two = ef::fit(by_epochs, x, {.epochs = 2, .batch_size = 10, .validation_fraction = 0});
  CHECK(two.epochs.back().steps == 8);
  CHECK(by_steps.parameters() == by_epochs.parameters());

  const VectorXd before = by_steps.parameters();
  const ef::History none = ef::fit(by_steps, x, {.epochs = 0});
  CHECK(none.epochs.empty());
  CHECK(none.best_epoch == -1);
  CHECK(by_steps.parameters() == before);
}

TEST_CASE("fit: a batch larger than the data is all of it, and one row is enough") {
  const MatrixXd x = gaussian_data<double>(20);
  Gaussian<double> larger = standard_gaussian<double>(), exact = larger;
  const ef::History history = ef::fit(larger, x, {.epochs = 5, .batch_size = 1000, .validation_fraction = 0});
  ef::fit(exact, x, {.epochs = 5, .batch_size = 20, .validation_fraction = 0});
  CHECK(history.epochs.back().steps == 5);
  CHECK(larger.parameters() == exact.parameters());

  // A tenth of one row is none: nothing is held out.
  Gaussian<double> one = standard_gaussian<double>();
  const ef::History of_one = ef::fit(one, x.topRows(1), {.epochs = 200, .learning_rate = 0.01});
  CHECK(of_one.stopped == ef::Stopped::finished);
  CHECK(!ef::detail::is_finite(of_one.epochs[0].validation_loss));
  CHECK(of_one.best_epoch == 199);
  CHECK(one.log_prob(x.topRows(1))[0] > standard_gaussian<double>().log_prob(x.topRows(1))[0] + 0.5);
}

TEST_CASE("fit: patience stops, and the best parameters are those of the best validation loss") {
  // Training data around 3, validation around 1: on the way the validation loss falls, then rises.
  const MatrixXd x = contract::random_normal<double>(100, 2, 2).array() + 3;
  const MatrixXd validation = contract::random_normal<double>(60, 2, 3).array() + 1;
  Gaussian<double> flow = standard_gaussian<double>();
  std::vector<VectorXd> course;
  const ef::History history = ef::fit(flow, x,
                                      {.epochs = 500,
                                       .batch_size = 100,
                                       .learning_rate = 0.02,
                                       .validation = validation,
                                       .patience = 7,
                                       .callback =
                                           [&](const ef::Epoch&) {
                                             course.emplace_back(flow.parameters());
                                             return true;
                                           }},
                                      ef::Sgd{});
  REQUIRE(history.stopped == ef::Stopped::patience);
  CHECK_THAT(history.message, ContainsSubstring("7 epochs") &&
                                  ContainsSubstring("epoch " + std::to_string(history.best_epoch)));
  const auto best = static_cast<std::size_t>(history.best_epoch);
  REQUIRE(best > 0);
  CHECK(history.epochs.size() == best + 1 + 7);
  for (const ef::Epoch& epoch : history.epochs) CHECK(epoch.validation_loss >= history.best_loss);
  CHECK(history.epochs[best].validation_loss == history.best_loss);
  CHECK(flow.parameters() == course[best]);
  CHECK(loss_on(flow, validation) == history.best_loss);
  // Longer training fits the training data better; that is what was given up.
  Gaussian<double> last = flow;
  last.set_parameters(course.back());
  CHECK(loss_on(last, x) < loss_on(flow, x));
}

TEST_CASE("fit: an exception from the callback passes on and leaves the parameters of the last step") {
  const MatrixXd x = gaussian_data<double>(50);
  Gaussian<double> flow = standard_gaussian<double>(), one_epoch = flow;
  const auto fail = [](const ef::Epoch&) -> bool { throw std::runtime_error("stop here"); };
  CHECK_THROWS_WITH(ef::fit(flow, x, {.validation_fraction = 0, .callback = fail}), "stop here");
  ef::fit(one_epoch, x, {.epochs = 1, .validation_fraction = 0});
  CHECK(flow.parameters() == one_epoch.parameters());
}

TEST_CASE("fit: a callback sees every epoch and can stop") {
  const MatrixXd x = gaussian_data<double>(100);
  Gaussian<double> flow = standard_gaussian<double>();
  std::vector<Index> seen;
  const ef::History history = ef::fit(flow, x, {.callback = [&](const ef::Epoch& epoch) {
                                        seen.push_back(epoch.epoch);
                                        return epoch.epoch < 2;
                                      }});
  CHECK(seen == std::vector<Index>{0, 1, 2});
  CHECK(history.stopped == ef::Stopped::callback);
  CHECK(history.epochs.size() == 3);
  CHECK_THAT(history.message, ContainsSubstring("callback") && ContainsSubstring("epoch 2"));
}

TEST_CASE("fit: as many epochs as there are numbers are as many as the callback lets pass") {
  Gaussian<double> flow = standard_gaussian<double>();
  const ef::History history = ef::fit(flow, gaussian_data<double>(100),
                                      {.epochs = std::numeric_limits<Index>::max(),
                                       .batch_size = 30,
                                       .callback = [](const ef::Epoch& epoch) { return epoch.epoch < 3; }});
  CHECK(history.epochs.size() == 4);
  CHECK(history.stopped == ef::Stopped::callback);
}

TEST_CASE("fit: the history tells the whole course") {
  const MatrixXd x = gaussian_data<double>(30), validation = gaussian_data<double>(10, 7);
  Gaussian<double> flow = standard_gaussian<double>();
  const double before = loss_on(flow, x);
  const VectorXd theta = flow.parameters();
  VectorXd grad(theta.size());
  ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(ef::rows_of<const double>(x)),
                          {grad.data(), static_cast<std::size_t>(grad.size())});
  VectorXd after_one;
  const ef::History history = ef::fit(flow, x,
                                      {.epochs = 5,
                                       .batch_size = 30,
                                       .learning_rate = 0.1,
                                       .schedule = ef::cosine_schedule(),
                                       .clip_norm = 0.01,
                                       .validation = validation,
                                       .callback =
                                           [&](const ef::Epoch& epoch) {
                                             if (epoch.epoch == 0) after_one = flow.parameters();
                                             return true;
                                           }},
                                      ef::Sgd{});
  REQUIRE(history.epochs.size() == 5);
  CHECK(history.stopped == ef::Stopped::finished);
  CHECK(history.best_epoch == 4);
  CHECK(history.best_loss == loss_on(flow, validation));
  for (std::size_t i = 0; i < 5; ++i) {
    const ef::Epoch& epoch = history.epochs[i];
    CHECK(epoch.epoch == static_cast<Index>(i));
    CHECK(epoch.steps == static_cast<Index>(i) + 1);
    CHECK(epoch.learning_rate ==
          Approx(0.05 * (1 + std::cos(std::numbers::pi * static_cast<double>(i) / 5))).epsilon(1e-14));
    if (i > 0) {
      CHECK(epoch.training_loss < history.epochs[i - 1].training_loss);
      CHECK(epoch.seconds >= history.epochs[i - 1].seconds);
    }
  }
  // The first step: the loss and the gradient's norm before it, and a move of the clipped length.
  CHECK(history.epochs[0].training_loss == Approx(before).epsilon(1e-13));
  CHECK(grad.norm() > 0.1);
  CHECK(history.epochs[0].gradient_norm == Approx(grad.norm()).epsilon(1e-12));
  CHECK((after_one - theta + 0.1 * 0.01 / grad.norm() * grad).norm() < 1e-14);
}

TEST_CASE("fit: frozen parameters keep their bits, under weight decay too") {
  ef::Rng rng(3);
  ef::Flow<ef::Planar<float, 2>, ef::Planar<float, 2>, ef::DiagonalNormal<float, 2>> flow{rng};
  const Eigen::VectorXf before = flow.parameters();
  flow.freeze(1);
  flow.freeze("base.mean");
  ef::fit(flow, gaussian_data<float>(300), {.epochs = 3, .batch_size = 50}, ef::AdamW{.weight_decay = 0.5});
  const Eigen::VectorXf after = flow.parameters();
  CHECK(after.segment(5, 7) == before.segment(5, 7));
  CHECK((after.head(5).array() != before.head(5).array()).all());
  CHECK((after.tail(2).array() != before.tail(2).array()).all());
}

TEST_CASE("fit: Standardize starts from the training rows, once") {
  const MatrixXd x = gaussian_data<double>(40);
  std::vector<std::vector<Index>> trained, judged;
  ef::Rng rng(3);
  ef::Flow<ef::Standardize<double, 2>, ef::Planar<double, 2>> flow{rng};
  ef::fit(flow, x, {.epochs = 1, .batch_size = 40, .validation_fraction = 0.5}, ef::Adam{},
          Recorder{&trained, &judged});
  REQUIRE(trained.size() == 1);
  MatrixXd training(20, 2);
  for (Index i = 0; i < 20; ++i) training.row(i) = x.row(trained[0][static_cast<std::size_t>(i)]);
  const Eigen::VectorXd mean = training.colwise().mean();
  const ef::Standardize<double, 2>& standardize = flow.layers().layer<0>();
  CHECK((standardize.mean() - mean).cwiseAbs().maxCoeff() < 1e-14);
  CHECK((standardize.mean() - x.colwise().mean().transpose()).cwiseAbs().maxCoeff() > 1e-3);
  const Eigen::VectorXd first = standardize.mean();

  const MatrixXd other = 10 * x;
  ef::fit(flow, other, {.epochs = 1});
  CHECK(standardize.mean() == first);
}

TEST_CASE("fit: the same data in any storage gives the same bits") {
  const MatrixXd x = gaussian_data<double>(200);
  const ef::FitOptions<double> options{.epochs = 2, .batch_size = 32};
  const auto theta_of = [&](const auto& data) {
    Gaussian<double> flow = standard_gaussian<double>();
    ef::fit(flow, data, options);
    return VectorXd(flow.parameters());
  };
  const VectorXd expected = theta_of(x);
  const Eigen::Matrix<double, Eigen::Dynamic, 2, Eigen::RowMajor> row_major = x;
  CHECK(theta_of(row_major) == expected);
  CHECK(theta_of(Eigen::Map<const MatrixXd>(x.data(), 200, 2)) == expected);
  MatrixXd large = MatrixXd::Constant(210, 5, 99);
  large.block(3, 2, 200, 2) = x;
  CHECK(theta_of(large.block(3, 2, 200, 2)) == expected);
  CHECK(theta_of(x * 1.0) == expected);
  CHECK(theta_of(large.block(3, 2, 200, 2).array()) == expected);
}

TEST_CASE("a fit that only makes things worse leaves the flow as it was, and says so") {
  const MatrixXd x = contract::random_normal<double>(400, 2, 1);
  Gaussian<double> flow = standard_gaussian<double>();
  ef::fit(flow, x,
          {.epochs = 60, .batch_size = 50, .learning_rate = 0.05, .schedule = ef::cosine_schedule()});
  const VectorXd before = flow.parameters();
  const ef::History history = ef::fit(flow, x, {.epochs = 2, .learning_rate = 5});
  CHECK(history.epochs.size() == 2);
  CHECK(history.best_epoch == -1);
  CHECK(history.best_loss < history.epochs[0].validation_loss);
  CHECK_THAT(history.message, ContainsSubstring("no epoch was better"));
  CHECK(flow.parameters() == before);
  const ef::History patient = ef::fit(flow, x, {.epochs = 9, .learning_rate = 5, .patience = 3});
  CHECK(patient.epochs.size() == 3);
  CHECK_THAT(patient.message, ContainsSubstring("those from before"));
  CHECK(flow.parameters() == before);
}
