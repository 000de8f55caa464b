#include "eigenflow/flow.hpp"

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "eigenflow/optim/adam.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/density.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;

namespace {

template <class S>
using Block = ef::Chain<ef::AffineCoupling<S>, ef::Permutation<S>>;

// Four couplings of three features, and a theta that is no identity.
template <class S>
ef::Flow<ef::Stack<Block<S>>> coupling_flow(std::vector<Index> hidden = {8, 8}, Index dim = 3,
                                            Index blocks = 4) {
  ef::Rng rng(3);
  const Block<S> block(ef::AffineCoupling<S>(dim, {.hidden = hidden, .activation = ef::Activation::tanh}),
                       ef::Permutation<S>::reverse(dim));
  ef::Flow flow{ef::Stack(blocks, block), rng};
  flow.parameters() += S(0.2) * contract::random_normal<S>(flow.parameters().size(), 1, 4);
  return flow;
}

template <class S>
contract::MatrixX<S> points(Index rows, Index cols) {
  return contract::random_normal<S>(rows, cols, 8);
}

}  // namespace

TEMPLATE_TEST_CASE("Flow: log p(x) = log p_Z(f(x)) + log|det|, and the inverse undoes forward", "", float,
                   double) {
  const auto flow = coupling_flow<TestType>();
  const auto x = points<TestType>(300, 3);
  const auto [z, log_det] = flow.forward(x);
  const double tolerance = 1000 * std::numeric_limits<TestType>::epsilon();
  const auto log_p = flow.log_prob(x);
  for (Index i = 0; i < x.rows(); ++i) {
    const double expected = -0.5 * static_cast<double>(z.row(i).squaredNorm()) -
                            1.5 * std::log(2 * std::acos(-1.0)) + static_cast<double>(log_det[i]);
    REQUIRE(static_cast<double>(log_p[i]) == Approx(expected).margin(tolerance));
  }
  const auto [back, inverse_log_det] = flow.inverse(z);
  CHECK(static_cast<double>((back - x).cwiseAbs().maxCoeff()) < tolerance);
  CHECK(static_cast<double>((log_det + inverse_log_det).cwiseAbs().maxCoeff()) < tolerance);
  CHECK(static_cast<double>(log_det.cwiseAbs().maxCoeff()) > 0.1);
}

TEST_CASE("Flow: the gradient in x is that of log_prob") {
  const auto flow = coupling_flow<double>();
  const Eigen::MatrixXd x = points<double>(300, 3);
  const auto [log_p, grad] = flow.log_prob_and_grad(x);
  CHECK(log_p == flow.log_prob(x));
  const double h = 1e-5;
  for (Index j = 0; j < 3; ++j) {
    Eigen::MatrixXd up = x, down = x;
    up.col(j).array() += h;
    down.col(j).array() -= h;
    const Eigen::VectorXd numeric = (flow.log_prob(up) - flow.log_prob(down)) / (2 * h);
    // h² times a third derivative, and rounding over h.
    CHECK((grad.col(j) - numeric).cwiseAbs().maxCoeff() < 1e-7 * (1 + numeric.cwiseAbs().maxCoeff()));
  }
}

TEST_CASE("Flow: any N × D matrix goes in, with the same bits") {
  const auto flow = coupling_flow<double>();
  const Eigen::MatrixXd x = points<double>(300, 3);
  const Eigen::VectorXd expected = flow.log_prob(x);

  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> row_major = x;
  CHECK(flow.log_prob(row_major) == expected);
  const Eigen::Matrix<double, Eigen::Dynamic, 3> fixed = x;
  CHECK(flow.log_prob(fixed) == expected);
  CHECK(flow.log_prob(x.array()) == expected);
  CHECK(flow.log_prob(Eigen::Map<const Eigen::MatrixXd>(x.data(), 300, 3)) == expected);
  CHECK(flow.log_prob(Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor>>(
            row_major.data(), 300, 3)) == expected);
  Eigen::MatrixXd large = Eigen::MatrixXd::Constant(310, 7, 99);
  large.block(4, 2, 300, 3) = x;
  CHECK(flow.log_prob(large.block(4, 2, 300, 3)) == expected);
  CHECK(flow.log_prob(x + Eigen::MatrixXd::Zero(300, 3)) == expected);
  CHECK(flow.log_prob((x.array() * 1.0)) == expected);
  CHECK(flow.log_prob(x.topRows(10)) == expected.head(10));
  const Eigen::MatrixXd columns = x.transpose();
  CHECK(flow.log_prob(columns.transpose()) == expected);
  CHECK(flow.log_prob(x.row(5))[0] == Approx(expected[5]).epsilon(1e-12));
  CHECK(flow.log_prob(x.topRows(0)).size() == 0);
  CHECK(flow.forward(row_major).z == flow.forward(x).z);
  CHECK(flow.inverse(x.array()).x == flow.inverse(x).x);
}

TEST_CASE("Flow: what is written into the caller's storage is what would be returned") {
  const auto flow = coupling_flow<double>();
  const Eigen::MatrixXd x = points<double>(300, 3);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> z(300, 3);
  Eigen::MatrixXd wide = Eigen::MatrixXd::Constant(300, 5, 99);
  Eigen::VectorXd v(300);
  flow.forward_into(x, z, wide.col(1));
  CHECK(z == flow.forward(x).z);
  CHECK(wide.col(1) == flow.forward(x).log_det);
  CHECK(wide.col(0).isConstant(99, 0));
  CHECK(wide.col(2).isConstant(99, 0));
  flow.inverse_into(x, wide.leftCols(3), v);
  CHECK(wide.leftCols(3) == flow.inverse(x).x);
  CHECK(v == flow.inverse(x).log_det);
  flow.log_prob_into(x, v);
  CHECK(v == flow.log_prob(x));
  flow.log_prob_and_grad_into(x, v, z);
  CHECK(z == flow.log_prob_and_grad(x).grad);

  ef::Rng one(5), two(5);
  flow.sample_into(z, one);
  CHECK(z == flow.sample(300, two));
  CHECK(one == two);
  flow.sample_and_log_prob_into(z, v, one);
  const auto both = flow.sample_and_log_prob(300, two);
  CHECK(z == both.x);
  CHECK(v == both.log_prob);

  Eigen::MatrixXd in_place = x;
  flow.forward_into(in_place, in_place, v);
  CHECK(in_place == flow.forward(x).z);
}

TEST_CASE("Flow: samples have the log-density that log_prob gives them, and a prefix is a smaller sample") {
  const auto flow = coupling_flow<double>();
  ef::Rng rng(5);
  const ef::Rng before = rng;
  const auto [x, log_p] = flow.sample_and_log_prob(1000, rng);
  CHECK((flow.log_prob(x) - log_p).cwiseAbs().maxCoeff() < 1e-10);
  CHECK(rng.position() == before.position() + 1);
  ef::Rng again = before, other(6);
  CHECK(flow.sample(1000, again) == x);
  again = before;
  CHECK(flow.sample(300, again) == x.topRows(300));
  CHECK(flow.sample(1000, other) != x);
  CHECK(flow.sample(0, rng).rows() == 0);
  CHECK_THROWS_WITH(flow.sample(-1, rng), ContainsSubstring("cannot be negative, but -1"));
}

TEMPLATE_TEST_CASE("Flow: the density obeys the laws of densities", "", float, double) {
  ef::Rng rng(9);
  SECTION("couplings in 2-D") {
    const auto flow = coupling_flow<TestType>({8}, 2);
    CHECK(density::integral(flow, 20, 801) == Approx(1).margin(1e-4));
    const auto [x, log_p] = flow.sample_and_log_prob(20'000, rng);
    const Eigen::VectorXd centre = x.topRows(100).colwise().mean().transpose().template cast<double>();
    density::check_ball_volume(x, log_p, centre, 0.7);
    density::check_ball_volume(x, flow.log_prob(x), centre, 0.7);
  }
  SECTION("planar and radial in 2-D, both ways round") {
    using Layers =
        ef::Chain<ef::Planar<TestType, 2>, ef::Radial<TestType, 2>, ef::Inverse<ef::Planar<TestType, 2>>>;
    ef::Flow flow{Layers(), rng};
    flow.parameters() = contract::random_normal<TestType>(flow.parameters().size(), 1, 12);
    CHECK(density::integral(flow, 20, 801) == Approx(1).margin(1e-4));
    const auto [x, log_p] = flow.sample_and_log_prob(100'000, rng);
    const Eigen::VectorXd centre = x.topRows(100).colwise().mean().transpose().template cast<double>();
    density::check_ball_volume(x, log_p, centre, 0.7);
  }
  SECTION("planar in 1-D, over a learned base") {
    ef::Flow<ef::Planar<TestType, 1>, ef::DiagonalNormal<TestType, 1>> flow{rng};
    flow.parameters() = contract::random_normal<TestType>(flow.parameters().size(), 1, 13);
    CHECK(density::integral(flow, 40, 20'001) == Approx(1).margin(1e-4));
  }
}

TEST_CASE("Flow: storage that overlaps other rows of the input is rejected, the input's own rows are not") {
  const auto flow = coupling_flow<double>();
  const Index n = 300;
  const Eigen::MatrixXd x = points<double>(n + 1, 3);
  const Eigen::MatrixXd z = flow.forward(x.topRows(n)).z;
  const Eigen::VectorXd log_p = flow.log_prob(x.topRows(n));
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto check = [&](auto memory) {
    Eigen::VectorXd v(n);
    const auto refuse = [&](auto&& call) {
      CHECK_THROWS_WITH(call(), ContainsSubstring("over other rows of its input"));
      CHECK(memory.leftCols(3) == x);  // before anything is written
    };
    memory.leftCols(3) = x;
    const auto in = memory.leftCols(3).topRows(n), shifted = memory.leftCols(3).bottomRows(n);
    refuse([&] { flow.forward_into(in, memory.leftCols(3).bottomRows(n), v); });
    refuse([&] { flow.inverse_into(shifted, memory.leftCols(3).topRows(n), v); });
    refuse([&] { flow.forward_into(in, Eigen::MatrixXd(n, 3), memory.col(1).bottomRows(n)); });
    refuse([&] { flow.log_prob_into(in, memory.col(2).bottomRows(n)); });
    refuse([&] { flow.log_prob_and_grad_into(in, v, memory.leftCols(3).bottomRows(n)); });
    // One column over: row i of the result lies in row i of the input.
    flow.forward_into(in, memory.middleCols(1, 3).topRows(n), v);
    CHECK(memory.middleCols(1, 3).topRows(n) == z);
    memory.leftCols(3) = x;
    flow.forward_into(in, memory.leftCols(3).topRows(n), v);
    CHECK(memory.leftCols(3).topRows(n) == z);
    memory.leftCols(3) = x;
    flow.log_prob_into(in, memory.col(0).topRows(n));
    CHECK(memory.col(0).topRows(n) == log_p);
    // Beside the input, between its rows or behind them.
    memory.leftCols(3) = x;
    flow.forward_into(in, memory.rightCols(3).topRows(n), memory.col(3).topRows(n));
    CHECK(memory.rightCols(3).topRows(n) == z);
    CHECK(memory.leftCols(3) == x);
    // Two results in one place, a row apart.
    CHECK_THROWS_WITH(
        flow.forward_into(x.topRows(n), memory.leftCols(3).topRows(n), memory.col(2).bottomRows(n)),
        ContainsSubstring("over other rows of another result"));
  };
  check(Eigen::MatrixXd(n + 1, 7));
  check(RowMajor(n + 1, 7));

  // Columns of one layout over rows of the other.
  Eigen::VectorXd memory = Eigen::VectorXd::Zero(3 * n);
  const Eigen::Map<const Eigen::MatrixXd> columns(memory.data(), n, 3);
  Eigen::Map<RowMajor> rows(memory.data(), n, 3);
  Eigen::VectorXd v(n);
  CHECK_THROWS_AS(flow.forward_into(columns, rows, v), std::invalid_argument);

  // A context that samples would overwrite, one row for all or row by row.
  ef::Rng rng(1);
  const ef::Flow conditional{ef::AffineCoupling<double>(2, {.hidden = {4}}, 2), rng};
  Eigen::MatrixXd c = points<double>(n, 2);
  CHECK_THROWS_WITH(conditional.sample_into(c.row(5), c, rng),
                    ContainsSubstring("sample_into would write rows of its result over other rows"));
  CHECK_THROWS_AS(conditional.sample_into(c.topRows(n - 1), c.bottomRows(n - 1), rng), std::invalid_argument);
  CHECK(c == points<double>(n, 2));
  conditional.sample_into(c, c, rng);
  CHECK(c != points<double>(n, 2));
}

TEST_CASE("Flow: wrong shapes are rejected with both shapes and the remedy") {
  const auto flow = coupling_flow<double>();
  const Eigen::MatrixXd two = points<double>(4, 2), three = points<double>(4, 3);
  CHECK_THROWS_WITH(flow.log_prob(two), ContainsSubstring("log_prob expects N × 3") &&
                                            ContainsSubstring("4 × 2") &&
                                            ContainsSubstring("one column for each feature"));
  CHECK_THROWS_WITH(flow.forward(two), ContainsSubstring("forward expects N × 3"));
  CHECK_THROWS_WITH(flow.inverse(two), ContainsSubstring("inverse expects N × 3"));
  CHECK_THROWS_WITH(flow.log_prob_and_grad(two), ContainsSubstring("log_prob_and_grad expects N × 3"));
  CHECK_THROWS_WITH(flow.log_prob(Eigen::Vector3d(1, 2, 3)), ContainsSubstring("a single sample is a row"));
  CHECK_THROWS_WITH(flow.log_prob(points<double>(3, 5)), ContainsSubstring("pass x.transpose()"));
  Eigen::VectorXd v(5);
  CHECK_THROWS_WITH(flow.log_prob_into(three, v), ContainsSubstring("log_prob_into writes 4 × 1") &&
                                                      ContainsSubstring("5 × 1: resize it first"));
  Eigen::MatrixXd z(4, 2);
  CHECK_THROWS_WITH(flow.forward_into(three, z, v.head(4)), ContainsSubstring("forward_into writes 4 × 3"));
  ef::Rng rng(1);
  CHECK_THROWS_WITH(flow.sample_into(z, rng), ContainsSubstring("sample_into writes 4 × 3"));
  CHECK_THROWS_WITH(ef::Flow(ef::Planar<double>(3), ef::StandardNormal<double>(2), rng),
                    ContainsSubstring("the base has 2 features but the layers have 3"));
}

TEST_CASE("Flow: NaN or infinity in a row is that row's alone") {
  const auto flow = coupling_flow<double>();
  Eigen::MatrixXd x = points<double>(300, 3);
  const Eigen::VectorXd clean = flow.log_prob(x);
  x(7, 1) = std::numeric_limits<double>::quiet_NaN();
  x(280, 0) = -std::numeric_limits<double>::infinity();
  const Eigen::VectorXd log_p = flow.log_prob(x);
  for (Index i = 0; i < 300; ++i) {
    if (i == 7 || i == 280) {
      CHECK_FALSE(ef::detail::is_finite(log_p[i]));
      CHECK_FALSE(ef::detail::same_bits(log_p[i], std::numeric_limits<double>::infinity()));
    } else {
      REQUIRE(log_p[i] == clean[i]);
    }
  }
}

TEST_CASE("Flow: parameters by vector, by name and by layer are the same numbers") {
  ef::Rng rng(2);
  ef::Flow<ef::Planar<double, 2>, ef::Radial<double, 2>, ef::DiagonalNormal<double, 2>> flow{rng};
  REQUIRE(flow.parameters().size() == 5 + 4 + 4);
  const auto names = flow.named_parameters();
  std::vector<std::string> paths;
  for (const auto& name : names) paths.push_back(name.path);
  CHECK(paths == std::vector<std::string>{"0.u", "0.w", "0.b", "1.x0", "1.alpha", "1.beta", "base.mean",
                                          "base.log_scale"});
  CHECK(names[3].offset == 5);
  CHECK(names[3].rows == 2);
  CHECK(names[7].offset == 11);

  flow.layer_parameters<0>().b = 42;
  CHECK(flow.parameters()[4] == 42);
  flow.layer_parameters<1>().x0 << 7, 8;
  CHECK(flow.parameters().segment(5, 2) == Eigen::Vector2d(7, 8));
  flow.base_parameters().mean[1] = 3;
  CHECK(flow.theta()[10] == 3);
  const auto& constant = flow;
  CHECK(constant.layer_parameters<0>().b == 42);

  const Eigen::VectorXd theta = Eigen::VectorXd::LinSpaced(13, 0, 12);
  flow.set_parameters(theta);
  CHECK(flow.parameters() == theta);
  CHECK_THROWS_WITH(flow.set_parameters(theta.head(12)),
                    ContainsSubstring("13 parameters") && ContainsSubstring("12 × 1"));
  CHECK_THROWS_WITH(flow.set_parameters(theta.transpose()), ContainsSubstring("1 × 13"));
  CHECK(flow.parameters() == theta);
}

TEST_CASE("Flow: the same seed draws the same theta") {
  ef::Rng one(2), two(2), three(3);
  using Model = ef::Flow<ef::Planar<float, 2>, ef::Radial<float, 2>>;
  const Model a{one}, b{two}, c{three};
  CHECK(a.parameters() == b.parameters());
  CHECK(a.parameters() != c.parameters());
}

TEST_CASE("Flow: freezing keeps parts of theta out of training") {
  ef::Rng rng(2);
  ef::Flow<ef::Planar<double, 2>, ef::Radial<double, 2>, ef::DiagonalNormal<double, 2>> flow{rng};
  REQUIRE(flow.trainable().size() == 1);
  CHECK(flow.trainable()[0].size == 13);
  flow.freeze(1);
  REQUIRE(flow.trainable().size() == 2);
  CHECK(flow.trainable()[0].end() == 5);
  CHECK(flow.trainable()[1].offset == 9);
  flow.freeze("base");
  flow.freeze("0.u");
  REQUIRE(flow.trainable().size() == 1);
  CHECK(flow.trainable()[0].offset == 2);
  CHECK(flow.trainable()[0].end() == 5);
  flow.freeze("0");
  CHECK(flow.trainable().empty());
  flow.unfreeze();
  CHECK(flow.trainable().size() == 1);
  CHECK_THROWS_WITH(flow.freeze(2), ContainsSubstring("2 layers, 0 to 1, but layer 2"));
  ef::Flow<ef::Permutation<double, 2>, ef::Planar<double, 2>> half{rng};
  CHECK_THROWS_WITH(half.freeze(0), ContainsSubstring("layer 0 of this flow has no parameters"));
  CHECK_THROWS_WITH(flow.freeze("0.v"), ContainsSubstring("called '0.v'"));
  CHECK_THROWS_WITH(flow.freeze("0.u."), ContainsSubstring("'0.u.'"));
}

TEST_CASE("Flow: a copy is independent of the original") {
  auto flow = coupling_flow<double>();
  const Eigen::MatrixXd x = points<double>(50, 3);
  const Eigen::VectorXd log_p = flow.log_prob(x);
  auto copy = flow;
  CHECK(copy.log_prob(x) == log_p);
  copy.parameters().array() += 1;
  copy.freeze(0);
  CHECK(flow.log_prob(x) == log_p);
  CHECK(copy.log_prob(x) != log_p);
  CHECK(flow.trainable().size() == 1);
  const auto moved = std::move(flow);
  CHECK(moved.log_prob(x) == log_p);
}

TEST_CASE("Flow: what was moved from says so until it is assigned to, and a flow moved to itself is itself") {
  auto flow = coupling_flow<double>();
  const Eigen::MatrixXd x = points<double>(50, 3);
  const Eigen::VectorXd log_p = flow.log_prob(x);
  auto& itself = flow;
  flow = std::move(itself);
  CHECK(flow.log_prob(x) == log_p);

  auto other = std::move(flow);
  const auto check_empty = [&](auto& empty) {
    const auto says = ContainsSubstring("this flow was moved from and is empty: assign another flow");
    ef::Rng rng(1);
    Eigen::MatrixXd z(50, 3);
    Eigen::VectorXd v(50);
    CHECK_THROWS_WITH(empty.log_prob(x), says);
    CHECK_THROWS_WITH(empty.log_prob_and_grad(x), says);
    CHECK_THROWS_WITH(empty.forward(x), says);
    CHECK_THROWS_WITH(empty.forward_into(x, z, v), says);
    CHECK_THROWS_WITH(empty.inverse(x), says);
    CHECK_THROWS_WITH(empty.sample(2, rng), says);
    CHECK_THROWS_WITH(empty.sample_and_log_prob(2, rng), says);
    CHECK_THROWS_WITH(empty.initialise(rng), says);
    CHECK_THROWS_WITH(empty.dim(), says);
    CHECK_THROWS_WITH(empty.named_parameters(), says);
    CHECK_THROWS_WITH(empty.freeze(0), says);
    CHECK_THROWS_WITH(ef::MaximumLikelihood{}(empty, ef::Batch<double>::all(x), {}), says);
  };
  check_empty(flow);
  auto copy = flow;
  check_empty(copy);
  flow = other;
  CHECK(flow.log_prob(x) == log_p);
  copy = std::move(other);
  CHECK(copy.log_prob(x) == log_p);
  check_empty(other);
}

TEST_CASE("Flow: sizes that no memory holds are rejected, whatever part has them") {
  ef::Rng rng(1);
  const Index huge = std::numeric_limits<Index>::max();
  const auto says = ContainsSubstring("more parameters than any memory holds");
  CHECK_THROWS_WITH(ef::Flow(ef::AffineCoupling<double>(4, {.hidden = {4'000'000'000, 4'000'000'000}}), rng),
                    says);
  CHECK_THROWS_WITH(ef::Flow(ef::AffineCoupling<float>(4, {.hidden = {huge}}), rng), says);
  CHECK_THROWS_WITH(ef::Flow(ef::AffineCoupling<float>(huge), rng), says);
  CHECK_THROWS_WITH(ef::Flow(ef::AffineCoupling<float>(4, {}, huge), rng), says);
  CHECK_THROWS_WITH(ef::Flow(ef::Planar<double>(huge / 2), ef::StandardNormal<double>(huge / 2), rng), says);
  CHECK_THROWS_WITH(ef::Flow(ef::Stack(3, ef::Planar<float>(huge / 4)), rng), says);
  CHECK_THROWS_WITH(ef::Flow(ef::Chain(ef::Planar<float>(huge / 4), ef::Planar<float>(huge / 4)), rng), says);
}

TEMPLATE_TEST_CASE("Flow: log p of a finite row that overflows is -∞, and NaN where x or theta has one", "",
                   float, double) {
  using S = TestType;
  const S infinity = std::numeric_limits<S>::infinity();
  auto flow = coupling_flow<S>({64, 64});
  flow.parameters() *= 5;
  contract::MatrixX<S> x = points<S>(300, 3);
  const auto clean = flow.log_prob(x);
  x.row(3).setConstant(std::numeric_limits<S>::max());
  x.row(290) << 0, 0, -std::numeric_limits<S>::max() / 2;
  x(7, 1) = std::numeric_limits<S>::quiet_NaN();
  const auto log_p = flow.log_prob(x);
  const auto both = flow.log_prob_and_grad(x);
  CHECK(both.log_prob[3] == -infinity);
  for (const Index i : {3, 290}) {
    CHECK(log_p[i] == -infinity);
    CHECK(flow.log_prob(x.row(i))[0] == -infinity);
    CHECK(both.grad.row(i).allFinite());
  }
  CHECK(std::isnan(log_p[7]));
  CHECK(std::isnan(both.log_prob[7]));
  CHECK_FALSE(both.grad.row(7).allFinite());
  for (Index i = 0; i < 300; ++i)
    if (i != 3 && i != 7 && i != 290) REQUIRE(log_p[i] == clean[i]);
  // Training must notice.
  CHECK_FALSE(ef::detail::is_finite(ef::MaximumLikelihood{}(flow, ef::Batch<S>::all(x.topRows(4)), {})));

  flow.parameters()[0] = std::numeric_limits<S>::quiet_NaN();
  CHECK(std::isnan(flow.log_prob(x)[3]));
  CHECK(std::isnan(flow.log_prob_and_grad(x).log_prob[3]));
}

TEST_CASE("Flow: a const flow is scored from many threads at once, with the same bits") {
  const auto flow = coupling_flow<double>();
  const Eigen::MatrixXd x = points<double>(600, 3);
  const Eigen::VectorXd expected = flow.log_prob(x);
  const Eigen::MatrixXd expected_grad = flow.log_prob_and_grad(x).grad;
  std::array<Eigen::VectorXd, 4> log_p;
  std::array<Eigen::MatrixXd, 4> grad;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int repeat = 0; repeat < 3; ++repeat) {
        log_p[t] = flow.log_prob(x);
        grad[t] = flow.log_prob_and_grad(x).grad;
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < 4; ++t) {
    CHECK(log_p[t] == expected);
    CHECK(grad[t] == expected_grad);
  }
}

TEMPLATE_TEST_CASE("Flow: nothing is taken from the heap after the first calls", "", float, double) {
  if (!allocations_are_counted()) return;
  for (const Index width : {64, 128, 512}) {
    auto flow = coupling_flow<TestType>({width, width}, 6, 1);
    const auto x = points<TestType>(257, 6);
    contract::MatrixX<TestType> z(257, 6);
    contract::VectorX<TestType> v(257);
    ef::Rng rng(1);
    const ef::Adam adam;
    auto state = adam.start<TestType>(flow.parameters().size());
    contract::VectorX<TestType> grad(flow.parameters().size());
    const std::span<TestType> grad_span(grad.data(), static_cast<std::size_t>(grad.size()));
    const auto batch = ef::Batch<TestType>::all(ef::rows_of<const TestType>(x));
    const auto all = [&] {
      ef::MaximumLikelihood()(flow, batch, grad_span);
      adam.advance(state);
      adam.update(state, 0, flow.theta(), std::span<const TestType>(grad_span), 1e-3);
      flow.log_prob_into(x, v);
      flow.log_prob_and_grad_into(x, v, z);
      flow.sample_into(z, rng);
      flow.sample_and_log_prob_into(z, v, rng);
      flow.forward_into(x, z, v);
      flow.inverse_into(x, z, v);
    };
    // While other programs use the cores, a batch is one thread's work, and a second thread's first piece comes later.
    int without = 0;
    for (int call = 0; call < 100 && without < 5; ++call) {
      const std::size_t before = allocation_count();
      all();
      without = allocation_count() == before ? without + 1 : 0;
    }
    INFO("width " << width);
    CHECK(without == 5);  // in a row
  }
}

TEST_CASE("Flow: a uniform base gives -∞ outside its box") {
  ef::Rng rng(1);
  ef::Flow flow{ef::Planar<double>(2), ef::Uniform<double>(Eigen::Vector2d(-1, -1), Eigen::Vector2d(1, 1)),
                rng};
  flow.parameters().setZero();
  Eigen::MatrixXd x(2, 2);
  x << 0, 0.5, 3, 0;
  const Eigen::VectorXd log_p = flow.log_prob(x);
  CHECK(log_p[0] == Approx(-std::log(4.0)).epsilon(1e-14));
  CHECK(log_p[1] == -std::numeric_limits<double>::infinity());
}
