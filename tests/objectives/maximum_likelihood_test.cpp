#include "eigenflow/objectives/maximum_likelihood.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr ef::MaximumLikelihood loss_of;

using Model = ef::Flow<ef::Planar<double, 2>, ef::Radial<double, 2>, ef::DiagonalNormal<double, 2>>;

Model tiny_flow() {
  ef::Rng rng(1);
  Model flow{rng};
  flow.parameters() += 0.5 * contract::random_normal<double>(flow.parameters().size(), 1, 2);
  return flow;
}

template <class S>
ef::Batch<S> batch_of(const contract::MatrixX<S>& x, const contract::VectorX<S>& weights = {}) {
  return ef::Batch<S>::all(ef::rows_of<const S>(x), weights.size() > 0 ? weights.data() : nullptr);
}

// Positive weights from 1/8 to 2.
VectorXd some_weights(Index rows) {
  VectorXd weights(rows);
  for (Index i = 0; i < rows; ++i) weights[i] = static_cast<double>(1 + i * 5 % 16) / 8;
  return weights;
}

template <class Flow>
contract::VectorX<typename Flow::Scalar> gradient_of(const Flow& flow,
                                                     const ef::Batch<typename Flow::Scalar>& batch) {
  contract::VectorX<typename Flow::Scalar> grad(flow.parameters().size());
  grad.setConstant(99);  // overwritten, not added to
  loss_of(flow, batch, {grad.data(), static_cast<std::size_t>(grad.size())});
  return grad;
}

}  // namespace

TEST_CASE("the loss is minus the weighted mean of log_prob") {
  const Model flow = tiny_flow();
  const MatrixXd x = contract::random_normal<double>(300, 2, 3);
  const VectorXd weights = some_weights(300), log_p = flow.log_prob(x);
  CHECK(loss_of(flow, batch_of<double>(x), {}) == Approx(-log_p.mean()).epsilon(1e-13));
  const double weighted = -weights.dot(log_p) / weights.sum();
  CHECK(loss_of(flow, batch_of<double>(x, weights), {}) == Approx(weighted).epsilon(1e-13));
  CHECK(std::abs(weighted + log_p.mean()) > 1e-3);

  // Rows of a list, with the weights of those rows, and an empty list.
  const std::vector<Index> order = {299, 4, 17, 4};
  const ef::Batch<double> listed{ef::rows_of<const double>(x), order.data(), 4, weights.data()};
  const double sum = weights[299] * log_p[299] + 2 * weights[4] * log_p[4] + weights[17] * log_p[17];
  CHECK(loss_of(flow, listed, {}) ==
        Approx(-sum / (weights[299] + 2 * weights[4] + weights[17])).epsilon(1e-13));
}

TEST_CASE("rows of weight zero do not count, and a batch of nothing else has no loss and no gradient") {
  const Model flow = tiny_flow();
  const MatrixXd x = contract::random_normal<double>(20, 2, 3);
  VectorXd weights = VectorXd::Zero(20);
  CHECK(loss_of(flow, batch_of<double>(x, weights), {}) == 0);
  CHECK(gradient_of(flow, batch_of<double>(x, weights)).isZero(0));
  CHECK(gradient_of(flow, batch_of<double>(MatrixXd(0, 2))).isZero(0));

  weights.head(7).setOnes();
  const MatrixXd counted = x.topRows(7);
  CHECK(loss_of(flow, batch_of<double>(x, weights), {}) ==
        Approx(loss_of(flow, batch_of<double>(counted), {})).epsilon(1e-14));
  CHECK((gradient_of(flow, batch_of<double>(x, weights)) - gradient_of(flow, batch_of<double>(counted)))
            .cwiseAbs()
            .maxCoeff() < 1e-14);
}

TEST_CASE("a row of weight zero does not count, even where the density is zero") {
  ef::Rng rng(1);
  const ef::Flow<ef::Permutation<double, 2>, ef::Uniform<double, 2>> flow{rng};
  MatrixXd x(3, 2);
  x << 0.25, 0.5, 7, 7, 0.5, 0.75;
  const VectorXd weights{{1, 0, 1}};
  CHECK(loss_of(flow, batch_of<double>(x, weights), {}) == 0);  // the density is one inside
}

TEST_CASE("the objective rejects a batch and a gradient of another size") {
  const Model flow = tiny_flow();
  const MatrixXd x = contract::random_normal<double>(20, 2, 3),
                 wide = contract::random_normal<double>(20, 3, 3);
  VectorXd grad(flow.parameters().size() + 1);
  CHECK_THROWS_WITH(loss_of(flow, batch_of<double>(wide), {}),
                    ContainsSubstring("MaximumLikelihood expects N × 2") && ContainsSubstring("20 × 3"));
  CHECK_THROWS_WITH(loss_of(flow, batch_of<double>(x), {grad.data(), static_cast<std::size_t>(grad.size())}),
                    ContainsSubstring("each of the 13 parameters") && ContainsSubstring("has 14"));
}

TEST_CASE("with and without a gradient the loss is the same") {
  const Model flow = tiny_flow();
  const MatrixXd x = contract::random_normal<double>(300, 2, 3);
  VectorXd grad(flow.parameters().size());
  const double loss =
      loss_of(flow, batch_of<double>(x), {grad.data(), static_cast<std::size_t>(grad.size())});
  CHECK(loss == Approx(loss_of(flow, batch_of<double>(x), {})).epsilon(1e-14));
}

TEST_CASE("the gradient is the numeric derivative in every parameter, the base's too") {
  Model flow = tiny_flow();
  const MatrixXd x = contract::random_normal<double>(300, 2, 3);  // three shards
  const VectorXd weights = some_weights(300);
  const ef::Batch<double> batch = batch_of<double>(x, weights);
  const VectorXd grad = gradient_of(flow, batch);
  CHECK(grad.cwiseAbs().minCoeff() > 1e-4);  // each is put to the test
  const double h = 1e-5;
  for (Index i = 0; i < grad.size(); ++i) {
    const double theta = flow.parameters()[i];
    flow.parameters()[i] = theta + h;
    const double up = loss_of(flow, batch, {});
    flow.parameters()[i] = theta - h;
    const double down = loss_of(flow, batch, {});
    flow.parameters()[i] = theta;
    INFO("parameter " << i);
    CHECK(grad[i] == Approx((up - down) / (2 * h)).margin(1e-8));
  }
}

TEST_CASE("the Taylor remainder of the loss is of second order") {
  Model flow = tiny_flow();
  const MatrixXd x = contract::random_normal<double>(300, 2, 3);
  const ef::Batch<double> batch = batch_of<double>(x);
  const VectorXd theta = flow.parameters(), grad = gradient_of(flow, batch);
  const VectorXd direction = contract::random_normal<double>(theta.size(), 1, 5);
  const double loss = loss_of(flow, batch, {}), slope = grad.dot(direction);
  const auto remainder = [&](double h) {
    flow.set_parameters(theta + h * direction);
    return std::abs(loss_of(flow, batch, {}) - loss - h * slope);
  };
  double last = remainder(0x1p-7);
  for (const double h : {0x1p-8, 0x1p-9, 0x1p-10, 0x1p-11}) {
    const double next = remainder(h);
    CHECK(std::log2(last / next) == Approx(2).margin(0.1));
    last = next;
  }
}

TEST_CASE("the sum over the samples of a float flow is taken in double") {
  // The mean of equal numbers is that number; a float sum of 128,000 of them is off in the fourth digit.
  ef::Rng rng(1);
  const ef::Flow<ef::Permutation<float, 2>, ef::DiagonalNormal<float, 2>> flow{rng};
  const contract::MatrixX<float> x = contract::MatrixX<float>::Constant(128'000, 2, 0.3F);
  const auto one = static_cast<double>(flow.log_prob(x.topRows(128))[0]);
  CHECK(loss_of(flow, batch_of<float>(x), {}) == Approx(-one).epsilon(1e-12));
}

TEMPLATE_TEST_CASE("loss and gradient have the same bits with any number of threads", "", float, double) {
  ef::Rng rng(1);
  using Block = ef::Chain<ef::AffineCoupling<TestType, 2>, ef::Permutation<TestType, 2>>;
  ef::Flow flow{ef::Stack(2, Block(ef::AffineCoupling<TestType, 2>({}, {.hidden = {24, 24}}),
                                   ef::Permutation<TestType, 2>())),
                rng};
  flow.parameters() += TestType(0.2) * contract::random_normal<TestType>(flow.parameters().size(), 1, 4);
  const auto x = contract::random_normal<TestType>(700, 2, 3);
  const contract::VectorX<TestType> weights = some_weights(700).template cast<TestType>();
  const ef::Batch<TestType> batch = batch_of<TestType>(x, weights);

  const auto evaluate = [&](int threads) {
    const ThreadCount scope(threads);
#ifdef _OPENMP
    REQUIRE(ef::detail::useful_threads(6, flow.work_per_row() * 700) == threads);
#endif
    contract::VectorX<TestType> result(flow.parameters().size() + 2);
    result.head(flow.parameters().size()) = gradient_of(flow, batch);
    const double loss = loss_of(flow, batch, {});
    result[result.size() - 2] = static_cast<TestType>(loss);
    result[result.size() - 1] = static_cast<TestType>(loss - static_cast<double>(result[result.size() - 2]));
    return result;
  };
  const auto serial = evaluate(1);
  for (const int threads : {2, 3, 4}) CHECK(evaluate(threads) == serial);
}
