#include "eigenflow/layers/whiten.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>
#include <numbers>

#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// Rows of correlated features of different units, far from zero.
MatrixXd correlated(Index rows, Index dim, std::uint64_t seed) {
  const MatrixXd mixing =
      MatrixXd::Identity(dim, dim) + 0.6 * contract::random_normal<double>(dim, dim, seed + 1);
  MatrixXd x = contract::random_normal<double>(rows, dim, seed) * mixing;
  for (Index j = 0; j < dim; ++j) x.col(j) = x.col(j).array() * std::pow(10.0, j - 1) + 50 * double(j);
  return x;
}

MatrixXd covariance(const MatrixXd& x) {
  const MatrixXd centred = x.rowwise() - x.colwise().mean();
  return centred.transpose() * centred / static_cast<double>(x.rows());
}

MatrixXd in_standard_units(MatrixXd x) {
  for (Index j = 0; j < x.cols(); ++j) {
    x.col(j).array() -= x.col(j).mean();
    x.col(j) /= std::sqrt(x.col(j).squaredNorm() / double(x.rows()));
  }
  return x;
}

template <class S, int D>
ef::Whiten<S, D> given(Index dim) {
  ef::VectorX<S> mean(dim), scale(dim), factor(dim * (dim + 1) / 2);
  Index k = 0;
  for (Index i = 0; i < dim; ++i) {
    mean[i] = S(i) - S(1.5);
    scale[i] = std::exp2(S(i % 3) - 1);
    for (Index j = 0; j <= i; ++j)
      factor[k++] = i == j ? S(0.75) + S(i % 2) / 2 : S((3 * i + 5 * j) % 7 - 3) / 4;
  }
  return ef::Whiten<S, D>(mean, scale, factor);
}

}  // namespace

TEST_CASE("Whiten obeys the laws") {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) { return given<S, D>(kind.dim); };
  contract::check_layer("Whiten", make);
  contract::check_layer<9>("Whiten, wider than a block of the products", make);
}

TEST_CASE(
    "an untrained flow that starts with Whiten is the Gaussian of the data's mean and shrunk covariance") {
  const Index dim = 4;
  const MatrixXd x = correlated(20'000, dim, 3);
  ef::Rng rng(1);
  ef::Flow flow{ef::Whiten<double>(dim), rng};
  ef::fit(flow, x, {.epochs = 1, .validation_fraction = 0, .progress = false});
  REQUIRE(flow.layers().layer<0>().initialised());

  // In closed form, with the shrinkage that Correlations has.
  const VectorXd mean = x.colwise().mean();
  MatrixXd sigma = covariance(x);
  const VectorXd deviation = sigma.diagonal().cwiseSqrt();
  const MatrixXd t = (x.rowwise() - mean.transpose()) * deviation.cwiseInverse().asDiagonal();
  ef::Correlations<double> correlations(dim);
  correlations.add(t);
  const double alpha = correlations.shrinkage(64 * std::numeric_limits<double>::epsilon());
  CHECK(alpha < 1e-4);
  for (Index i = 0; i < dim; ++i)
    for (Index j = 0; j < dim; ++j)
      if (i != j) sigma(i, j) *= 1 - alpha;
  const Eigen::LLT<MatrixXd> llt(sigma);
  const double log_det = 2 * MatrixXd(llt.matrixL()).diagonal().array().log().sum();
  const MatrixXd points = correlated(50, dim, 9);
  const VectorXd log_p = flow.log_prob(points);
  for (Index n = 0; n < points.rows(); ++n) {
    const VectorXd r = points.row(n).transpose() - mean;
    const double expected =
        -0.5 * (r.dot(llt.solve(r)) + log_det + double(dim) * std::log(2 * std::numbers::pi));
    CHECK(log_p[n] == Approx(expected).epsilon(1e-10));
  }
}

TEMPLATE_TEST_CASE("Whiten: data come out with mean 0 and covariance near I, whichever direction they enter",
                   "", float, double) {
  using S = TestType;
  const ef::MatrixX<S> x = correlated(5'000, 3, 5).cast<S>();
  const auto check = [&](const auto& layer, bool inverse) {
    ef::Rng rng(1);
    ef::Flow flow{layer, rng};
    const MatrixXd z =
        (inverse ? flow.inverse(x).x.eval() : flow.forward(x).z.eval()).template cast<double>();
    const double tolerance =
        std::is_same_v<S, float> ? 2e-3 : 1e-3;  // shrinkage, and digits of float at 100 ± 1
    CHECK(z.colwise().mean().cwiseAbs().maxCoeff() < tolerance);
    CHECK((covariance(z) - MatrixXd::Identity(3, 3)).cwiseAbs().maxCoeff() < 10 * tolerance);
  };
  ef::Whiten<S> ahead(3), back(3);
  ahead.initialise_from({}, support::tiles_of<S>(x, 256));
  check(ahead, false);
  back.initialise_from({}, support::tiles_of<S>(x, 256), ef::Direction::inverse);
  check(back, true);
  const ef::VectorX<S> factor = ahead.factor();
  ahead.initialise_from({}, support::tiles_of<S>((2 * x).eval(), 256));
  CHECK(ahead.factor() == factor);  // once
}

TEMPLATE_TEST_CASE("Whiten: features that repeat each other, constants and few rows leave a density", "",
                   float, double) {
  using S = TestType;
  const auto finite_density = [](const ef::MatrixX<S>& x) {
    ef::Rng rng(1);
    ef::Flow flow{ef::Whiten<S>(x.cols()), rng};
    ef::fit(flow, x, {.epochs = 1, .validation_fraction = 0, .progress = false});
    const ef::VectorX<S> log_p = flow.log_prob(x);
    CHECK(log_p.allFinite());
    CHECK((flow.inverse(flow.forward(x).z).x - x).cwiseAbs().maxCoeff() <=
          S(64) * std::numeric_limits<S>::epsilon() * x.cwiseAbs().maxCoeff());
  };
  ef::MatrixX<S> x = correlated(500, 4, 7).cast<S>();
  x.col(2) = x.col(0);
  x.col(3) = -2 * x.col(0) + x.col(1);
  finite_density(x);
  x.col(1).setConstant(S(9.81));
  finite_density(x);
  finite_density(x.topRows(3));
  finite_density(x.topRows(1));
  finite_density(correlated(10, 40, 8).leftCols(40).array().sign().matrix().cast<S>());
}

TEST_CASE("Correlations: the shrinkage is the one that rows left out are likeliest with") {
  // Against leaving out rows one at a time, on a grid.
  for (const Index rows : {20, 60, 200}) {
    const Index dim = 6;
    const MatrixXd t = in_standard_units(correlated(rows, dim, 21));
    const auto cost = [&](double alpha) {
      double sum = 0;
      for (Index n = 0; n < rows; ++n) {
        const VectorXd row = t.row(n);
        const MatrixXd c = (t.transpose() * t - row * row.transpose()) / double(rows - 1);
        const Eigen::LLT<MatrixXd> llt((1 - alpha) * c + alpha * MatrixXd::Identity(dim, dim));
        sum += row.dot(llt.solve(row)) + 2 * MatrixXd(llt.matrixL()).diagonal().array().log().sum();
      }
      return sum / double(rows);
    };
    ef::Correlations<double> correlations(dim);
    correlations.add(t);
    const double found = cost(correlations.shrinkage(1e-12));
    for (double alpha = 1e-6; alpha <= 1; alpha *= 1.3) CHECK(found < cost(alpha) + 0.1);
    CHECK(found < cost(1e-10) + 1e-3);
  }
  CHECK(ef::Correlations<double>(3).shrinkage(1e-12) == 1);
}

TEST_CASE("Correlations: without correlations the estimate is the identity, nearly") {
  const MatrixXd t = in_standard_units(contract::random_normal<double>(30, 20, 11));
  ef::Correlations<double> correlations(20);
  correlations.add(t);
  CHECK(correlations.shrinkage(1e-12) > 0.8);
}

TEST_CASE("Whiten rejects invalid statistics") {
  using Vector = ef::VectorX<double>;
  const Vector mean = Vector::Zero(2), scale = Vector::Ones(2);
  Vector factor(3);
  factor << 1, 0.5, -1;
  CHECK_THROWS_WITH(
      ef::Whiten<double>(mean, scale, factor),
      "entry (1, 1) of Whiten's factor must be finite, and positive on the diagonal, but is -1");
  CHECK_THROWS_WITH(ef::Whiten<double>(mean, scale, Vector::Ones(2)),
                    "Whiten needs the lower triangle of its factor, 3 entries for 2 features, but got 2");
  CHECK_THROWS_WITH(ef::Whiten<double>(mean, Vector::Zero(2), Vector::Ones(3)),
                    ContainsSubstring("must be positive"));
}

TEST_CASE("Whiten with a LuLinear behind it trains from the Gaussian on") {
  const MatrixXd x = correlated(2'000, 3, 13);
  ef::Rng rng(2);
  ef::Flow start{ef::Whiten<double>(3), rng};
  ef::fit(start, x, {.epochs = 1, .progress = false});
  ef::Flow flow{ef::Chain{ef::Whiten<double>(3), ef::LuLinear<double>(3)}, rng};
  ef::fit(flow, x, {.epochs = 5, .progress = false});
  CHECK(flow.log_prob(x).mean() >= start.log_prob(x).mean() - 1e-3);
}
