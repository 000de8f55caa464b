#include "eigenflow/authoring/context.hpp"

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/density.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

// Conditional densities: what every call of a flow makes of its context.

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

using Coupling = ef::AffineCoupling<double>;
using Layers = ef::Chain<ef::Stack<ef::Chain<Coupling, ef::Permutation<double>>>, ef::Planar<double>>;
using Model = ef::Flow<Layers, ef::ConditionalNormal<double>>;

// Couplings and a base that read the context, a planar layer that does not, and a theta that is no identity.
Model conditional_flow(Index dim, Index context_dim, Index width = 8) {
  const ef::MlpOptions network{.hidden = {width}, .activation = ef::Activation::tanh};
  ef::Rng rng(3);
  const ef::Chain block{Coupling(dim, network, context_dim), ef::Permutation<double>::reverse(dim)};
  Model flow(Layers(ef::Stack(2, block), ef::Planar<double>(dim)),
             ef::ConditionalNormal<double>(dim, context_dim, network), rng);
  flow.parameters() += 0.3 * contract::random_normal<double>(flow.parameters().size(), 1, 4);
  return flow;
}

MatrixXd points(Index rows, Index cols, std::uint64_t seed = 8) {
  return contract::random_normal<double>(rows, cols, seed);
}

// A flow given one context: a density like any other.
struct GivenOne {
  using Scalar = double;
  const Model& flow;
  Eigen::RowVectorXd c;

  Index dim() const { return flow.dim(); }
  VectorXd log_prob(const MatrixXd& x) const { return flow.log_prob(x, c); }
};

}  // namespace

TEST_CASE("context: each row of x has its own, in every call") {
  const Model flow = conditional_flow(3, 2);
  CHECK(flow.context_dim() == 2);
  const MatrixXd x = points(300, 3), c = points(300, 2, 9);
  const VectorXd log_p = flow.log_prob(x, c);
  const auto [z, log_det] = flow.forward(x, c);
  const auto [back, inverse_log_det] = flow.inverse(z, c);
  CHECK((back - x).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((log_det + inverse_log_det).cwiseAbs().maxCoeff() < 1e-12);
  const VectorXd elsewhere = flow.log_prob(x, c.colwise().reverse());
  CHECK((log_p - elsewhere).cwiseAbs().minCoeff() > 0);
  for (const Index i : {0, 7, 255, 256, 299}) {
    CHECK(flow.log_prob(x.row(i), c.row(i))[0] == Approx(log_p[i]).epsilon(1e-12));
    CHECK(flow.forward(x.row(i), c.row(i)).z.isApprox(z.row(i), 1e-12));
  }

  ef::Rng one(5), two(5);
  const auto [samples, log_q] = flow.sample_and_log_prob(c, one);
  CHECK(samples == flow.sample(c, two));
  CHECK(one == two);
  CHECK((flow.log_prob(samples, c) - log_q).cwiseAbs().maxCoeff() < 1e-11);
  CHECK(flow.log_prob(x.topRows(0), c.topRows(0)).size() == 0);
}

TEST_CASE("context: one row holds for all") {
  const Model flow = conditional_flow(2, 3);
  const MatrixXd x = points(300, 2);
  const Eigen::RowVector3d c(0.5, -1, 2);
  const MatrixXd repeated = c.replicate(300, 1);
  CHECK(flow.log_prob(x, c) == flow.log_prob(x, repeated));
  CHECK(flow.forward(x, c).z == flow.forward(x, repeated).z);
  CHECK(flow.inverse(x, c).log_det == flow.inverse(x, repeated).log_det);
  CHECK(flow.log_prob_and_grad(x, c).grad_context == flow.log_prob_and_grad(x, repeated).grad_context);
  ef::Rng one(5), two(5);
  CHECK(flow.sample(300, c, one) == flow.sample(repeated, two));
  CHECK(flow.sample_and_log_prob(300, c, one).log_prob == flow.sample_and_log_prob(repeated, two).log_prob);
}

TEST_CASE("context: any N × C matrix goes in, with the same bits") {
  const Model flow = conditional_flow(2, 3);
  const MatrixXd x = points(300, 2), c = points(300, 3, 9);
  const VectorXd expected = flow.log_prob(x, c);
  const Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor> row_major = c;
  CHECK(flow.log_prob(x, row_major) == expected);
  CHECK(flow.log_prob(x, c.array()) == expected);
  CHECK(flow.log_prob(x, c.array() * 1.0) == expected);
  CHECK(flow.log_prob(x, c + MatrixXd::Zero(300, 3)) == expected);
  CHECK(flow.log_prob(x, Eigen::Map<const MatrixXd>(c.data(), 300, 3)) == expected);
  MatrixXd large = MatrixXd::Constant(310, 7, 99);
  large.block(4, 2, 300, 3) = c;
  CHECK(flow.log_prob(x, large.block(4, 2, 300, 3)) == expected);
  CHECK(flow.log_prob(x.topRows(10), c.topRows(10)) == expected.head(10));
  CHECK(flow.log_prob(x, {0.5, -1, 2}) == flow.log_prob(x, Eigen::RowVector3d(0.5, -1, 2)));
  ef::Rng one(5), two(5);
  CHECK(flow.sample(4, {0.5, -1, 2}, one) == flow.sample(4, Eigen::RowVector3d(0.5, -1, 2), two));
}

TEST_CASE("context: what is written into the caller's storage is what would be returned") {
  const Model flow = conditional_flow(2, 3);
  const MatrixXd x = points(300, 2), c = points(300, 3, 9);
  MatrixXd wide(300, 6);
  VectorXd v(300);
  flow.forward_into(x, c, wide.leftCols(2), v);
  CHECK(wide.leftCols(2) == flow.forward(x, c).z);
  CHECK(v == flow.forward(x, c).log_det);
  flow.inverse_into(x, c, wide.leftCols(2), v);
  CHECK(wide.leftCols(2) == flow.inverse(x, c).x);
  CHECK(v == flow.inverse(x, c).log_det);
  flow.log_prob_into(x, c, v);
  CHECK(v == flow.log_prob(x, c));
  flow.log_prob_and_grad_into(x, c, wide.col(0), wide.middleCols(1, 2), wide.rightCols(3));
  const auto [log_p, grad, grad_context] = flow.log_prob_and_grad(x, c);
  CHECK(wide.col(0) == log_p);
  CHECK(wide.middleCols(1, 2) == grad);
  CHECK(wide.rightCols(3) == grad_context);
  ef::Rng one(5), two(5);
  flow.sample_into(c, wide.leftCols(2), one);
  CHECK(wide.leftCols(2) == flow.sample(c, two));
  flow.sample_and_log_prob_into(c, wide.leftCols(2), v, one);
  const auto both = flow.sample_and_log_prob(c, two);
  CHECK(wide.leftCols(2) == both.x);
  CHECK(v == both.log_prob);
}

TEST_CASE("context: the gradients in x and in c are those of log_prob, by Taylor's remainder") {
  const Model flow = conditional_flow(3, 2);
  const MatrixXd x = points(300, 3), c = points(300, 2, 9);
  const MatrixXd to_x = points(300, 3, 10), to_c = points(300, 2, 11);
  const auto scored = flow.log_prob_and_grad(x, c);
  CHECK(scored.log_prob == flow.log_prob(x, c));
  const auto remainder = [&](double h, bool in_x, bool in_c) {
    const VectorXd moved = flow.log_prob(x + (in_x ? h : 0) * to_x, c + (in_c ? h : 0) * to_c);
    const VectorXd slope = (in_x ? 1 : 0) * scored.grad.cwiseProduct(to_x).rowwise().sum() +
                           (in_c ? 1 : 0) * scored.grad_context.cwiseProduct(to_c).rowwise().sum();
    return (moved - scored.log_prob - h * slope).norm();
  };
  for (const auto& [in_x, in_c] : {std::pair(true, false), std::pair(false, true), std::pair(true, true)}) {
    INFO("in x: " << in_x << ", in c: " << in_c);
    const double h = 1e-4, ratio = remainder(h, in_x, in_c) / remainder(h / 2, in_x, in_c);
    CHECK(ratio == Approx(4).epsilon(0.01));
  }
}

TEST_CASE("context: the density integrates to one, whatever the context") {
  const Model line = conditional_flow(1, 2), plane = conditional_flow(2, 2);
  const MatrixXd contexts = 2 * points(4, 2, 12);
  for (Index i = 0; i < contexts.rows(); ++i) {
    INFO("context " << contexts.row(i));
    CHECK(density::integral(GivenOne{line, contexts.row(i)}, 60, 20'001) == Approx(1).epsilon(1e-9));
    CHECK(density::integral(GivenOne{plane, contexts.row(i)}, 40, 801) == Approx(1).epsilon(1e-6));
  }
}

TEST_CASE("context: samples follow the density given it") {
  const Model flow = conditional_flow(2, 2);
  const MatrixXd contexts = points(3, 2, 12);
  for (Index i = 0; i < contexts.rows(); ++i) {
    ef::Rng rng(6);
    const auto [x, log_p] = flow.sample_and_log_prob(40'000, contexts.row(i), rng);
    const VectorXd centre = x.colwise().mean().transpose();
    density::check_ball_volume(x, log_p, centre, 0.5);
  }
}

TEST_CASE("context: a flow says what is wrong with it") {
  const Model flow = conditional_flow(2, 3);
  const MatrixXd x = points(5, 2), c = points(5, 3, 9);
  ef::Rng rng(1);
  CHECK_THROWS_WITH(flow.log_prob(x), ContainsSubstring("log_prob was given no context") &&
                                          ContainsSubstring("5 × 3, one row for each sample"));
  CHECK_THROWS_WITH(flow.log_prob_and_grad(x), ContainsSubstring("given no context"));
  CHECK_THROWS_WITH(flow.forward(x), ContainsSubstring("forward was given no context"));
  CHECK_THROWS_WITH(flow.inverse(x), ContainsSubstring("inverse was given no context"));
  CHECK_THROWS_WITH(flow.sample(4, rng), ContainsSubstring("sample was given no context"));
  CHECK_THROWS_WITH(flow.sample_and_log_prob(4, rng), ContainsSubstring("sample_and_log_prob was given no"));
  CHECK_THROWS_WITH(flow.log_prob(x, c.topRows(4)),
                    ContainsSubstring("context of 5 × 3") && ContainsSubstring("but got 4 × 3"));
  CHECK_THROWS_WITH(flow.log_prob(x, c.leftCols(2)), ContainsSubstring("but got 5 × 2"));
  CHECK_THROWS_WITH(flow.log_prob(x, c.transpose()), ContainsSubstring("pass c.transpose()"));
  CHECK_THROWS_WITH(flow.log_prob(x, Eigen::Vector3d(1, 2, 3)), ContainsSubstring("pass c.transpose()"));
  CHECK_THROWS_WITH(flow.sample(4, c, rng), ContainsSubstring("sample expects a context of 4 × 3"));
  CHECK_THROWS_WITH(flow.log_prob(x.leftCols(1), c), ContainsSubstring("log_prob expects N × 2"));
  VectorXd v(5);
  MatrixXd grad(5, 2);
  CHECK_THROWS_WITH(flow.log_prob_and_grad_into(x, c, v, grad, grad), ContainsSubstring("writes 5 × 3"));
  const ef::MaximumLikelihood loss;
  CHECK_THROWS_WITH(loss(flow, ef::Batch<double>::all(x), {}), ContainsSubstring("given no context"));
  CHECK_THROWS_WITH(loss(flow, ef::Batch<double>::all(x, c.topRows(4)), {}),
                    ContainsSubstring("but got 4 × 3"));

  ef::Flow<ef::Planar<double, 2>> plain{rng};
  CHECK(plain.context_dim() == 0);
  CHECK_THROWS_WITH(plain.log_prob(x, c), ContainsSubstring("log_prob was given a context of 5 × 3") &&
                                              ContainsSubstring("not conditional"));
  CHECK_THROWS_WITH(plain.sample(c, rng), ContainsSubstring("not conditional"));
  CHECK_THROWS_WITH(loss(plain, ef::Batch<double>::all(x, c), {}), ContainsSubstring("not conditional"));
  CHECK(plain.log_prob(x, MatrixXd(5, 0)) == plain.log_prob(x));
}

TEST_CASE("context: parts that are joined must agree on it") {
  const Coupling two(2, {}, 2), three(2, {}, 3), none(2);
  CHECK_THROWS_WITH(ef::Chain(two, none, three),
                    ContainsSubstring("one reads 2 columns and another 3: give all of them one context_dim"));
  CHECK_THROWS_WITH(ef::Stack<Coupling>(2, [&](Index i) { return i == 0 ? two : three; }),
                    ContainsSubstring("parts of a Stack"));
  ef::Rng rng(1);
  CHECK_THROWS_WITH(ef::Flow(two, ef::ConditionalNormal<double>(2, 3), rng), ContainsSubstring("of a Flow"));
  CHECK(ef::Chain(none, two).context_dim() == 2);
  CHECK(ef::Flow(two, ef::ConditionalNormal<double>(2, 2), rng).context_dim() == 2);
  CHECK(ef::Flow(none, ef::ConditionalNormal<double>(2, 2), rng).context_dim() == 2);
}

TEST_CASE("context: NaN or infinity in a row is that row's alone, and no network hides it") {
  ef::Rng rng(3);
  ef::Flow flow{Coupling(2, {.hidden = {8}, .activation = ef::Activation::relu}, 1), rng};
  flow.parameters() += 0.3 * contract::random_normal<double>(flow.parameters().size(), 1, 4);
  const MatrixXd x = points(300, 2);
  MatrixXd c = points(300, 1, 9);
  const VectorXd clean = flow.log_prob(x, c);
  ef::Rng one(5), two(5);
  const MatrixXd clean_samples = flow.sample(c, one);
  c(7, 0) = std::numeric_limits<double>::quiet_NaN();
  c(280, 0) = -std::numeric_limits<double>::infinity();
  const VectorXd log_p = flow.log_prob(x, c);
  const MatrixXd samples = flow.sample(c, two);
  const MatrixXd z = flow.forward(x, c).z;
  for (Index i = 0; i < 300; ++i) {
    const bool spoilt = i == 7 || i == 280;
    REQUIRE(ef::detail::is_finite(log_p[i]) == !spoilt);
    REQUIRE(ef::detail::is_finite(samples(i, 1)) == !spoilt);
    REQUIRE(ef::detail::is_finite(z(i, 1)) == !spoilt);
    if (!spoilt) REQUIRE(log_p[i] == clean[i]);
    if (!spoilt) REQUIRE(samples.row(i) == clean_samples.row(i));
  }
}

TEST_CASE("context: MaximumLikelihood gathers the context of the rows it is asked for") {
  const Model flow = conditional_flow(2, 3);
  const MatrixXd x = points(300, 2), c = points(300, 3, 9);
  const std::vector<Index> order{250, 3, 77, 4, 299, 3};
  const auto rows_of = [&](const MatrixXd& m) -> MatrixXd { return m(order, Eigen::seqN(0, m.cols())); };
  auto batch = ef::Batch<double>::all(x, c);
  CHECK(ef::MaximumLikelihood{}(flow, batch, {}) == Approx(-flow.log_prob(x, c).mean()).epsilon(1e-12));
  batch.order = order.data();
  batch.size = 6;
  VectorXd grad(flow.parameters().size());
  const double loss =
      ef::MaximumLikelihood{}(flow, batch, {grad.data(), static_cast<std::size_t>(grad.size())});
  CHECK(loss == Approx(-flow.log_prob(rows_of(x), rows_of(c)).mean()).epsilon(1e-12));

  const VectorXd to = points(grad.size(), 1, 10);
  const auto remainder = [&](double h) {
    Model moved = flow;
    moved.parameters() += h * to;
    return ef::MaximumLikelihood{}(moved, batch, {}) - loss - h * grad.dot(to);
  };
  CHECK(remainder(1e-4) / remainder(5e-5) == Approx(4).epsilon(0.02));
}

namespace {

// Everything that a conditional flow computes.
std::vector<MatrixXd> everything(const Model& flow, Index rows) {
  const MatrixXd x = points(rows, 2), c = points(rows, 3, 9);
  ef::Rng rng(2);
  VectorXd grad(flow.parameters().size());
  ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(x, c),
                          {grad.data(), static_cast<std::size_t>(grad.size())});
  const auto scored = flow.log_prob_and_grad(x, c);
  const auto sampled = flow.sample_and_log_prob(c, rng);
  return {flow.forward(x, c).z, flow.inverse(x, c).x,
          scored.log_prob,      scored.grad,
          scored.grad_context,  sampled.x,
          sampled.log_prob,     grad};
}

}  // namespace

TEST_CASE("context: the same bits for any number of threads, the caller's and OpenMP's") {
  const Model flow = conditional_flow(2, 3, 64);
  std::vector<MatrixXd> serial;
  {
    const ThreadCount one(1);
    serial = everything(flow, 1500);
  }
  std::array<std::vector<MatrixXd>, 3> parallel;
  std::vector<std::thread> pool;
  for (std::size_t t = 0; t < parallel.size(); ++t)
    pool.emplace_back([&, t] {
      const ThreadCount some(static_cast<int>(t) + 1);
      parallel[t] = everything(flow, 1500);
    });
  for (std::thread& thread : pool) thread.join();
  for (const auto& results : parallel) CHECK(results == serial);
}

TEST_CASE("context: nothing is taken from the heap after the first call") {
  if (!allocations_are_counted()) return;
  const Model flow = conditional_flow(2, 3, 64);
  const MatrixXd x = points(257, 2), c = points(257, 3, 9);
  const Eigen::RowVector3d row(0.5, -1, 2);
  MatrixXd z(257, 2), grad_context(257, 3);
  VectorXd v(257), grad(flow.parameters().size());
  ef::Rng rng(1);
  const auto batch = ef::Batch<double>::all(x, c);
  const auto all = [&] {
    ef::MaximumLikelihood{}(flow, batch, {grad.data(), static_cast<std::size_t>(grad.size())});
    flow.log_prob_into(x, c, v);
    flow.log_prob_into(x, row, v);
    flow.log_prob_into(x, {0.5, -1, 2}, v);
    flow.log_prob_and_grad_into(x, c, v, z, grad_context);
    flow.sample_into(c, z, rng);
    flow.sample_and_log_prob_into(row, z, v, rng);
    flow.forward_into(x, c, z, v);
    flow.inverse_into(x, c, z, v);
  };
  all();
  const std::size_t before = allocation_count();
  all();
  const std::size_t after = allocation_count();
  CHECK(after - before == 0);
}
