#include "eigenflow/layers/standardize_context.hpp"

#include <cmath>
#include <limits>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;

namespace {

const ef::MlpOptions small{.hidden = {4}, .activation = ef::Activation::tanh};

template <class S>
ef::VectorX<S> pair(double a, double b) {
  ef::VectorX<S> v(2);
  v << static_cast<S>(a), static_cast<S>(b);
  return v;
}

// Rows whose mean moves with a context in other units: c = 1000 + 0.01 u and 7 for all.
struct Case {
  Eigen::MatrixXd x, c;
  explicit Case(Eigen::Index rows) : x(rows, 2), c(rows, 2) {
    ef::Rng rng(3);
    rng.fill_normal(x);
    for (Eigen::Index i = 0; i < rows; ++i) {
      const double u = rng.normal<double>();
      c.row(i) << 1000 + 0.01 * u, 7;
      x(i, 0) = u + 0.1 * x(i, 0);
    }
  }
};

}  // namespace

// The laws allow for a context that is off by a rounding of its own: so the means are smaller than its numbers.
TEST_CASE("StandardizeContext obeys the laws") {
  contract::check_layer<2>("StandardizeContext", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::StandardizeContext(ef::AffineCoupling<S, D>(kind.dim, 1, small, {}, 2), pair<S>(0.01, -0.02),
                                  pair<S>(2, 0.5));
  });
}

TEST_CASE("StandardizeContext gives the layer inside a context of its own units") {
  const ef::MaskedAutoregressive<double> inside(2, small, 2);
  const ef::StandardizeContext layer(inside, pair<double>(3, -1), pair<double>(0.5, 4));
  const auto theta = contract::random_normal<double>(ef::parameter_count(inside), 1, 2);
  const Eigen::MatrixXd x = contract::random_normal<double>(6, 2, 3),
                        c = contract::random_normal<double>(6, 2, 4);
  Eigen::MatrixXd standard = c;
  standard.col(0) = (c.col(0).array() - 3) / 0.5;
  standard.col(1) = (c.col(1).array() + 1) / 4;
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const auto got =
        contract::evaluate(contract::LayerSubject(layer), direction, contract::Problem<double>{theta, x, c});
    const auto wanted = contract::evaluate(contract::LayerSubject(inside), direction,
                                           contract::Problem<double>{theta, x, standard});
    CHECK(got.values == wanted.values);
    CHECK(got.log_det == wanted.log_det);
  }
}

TEST_CASE(
    "StandardizeContext takes its statistics from the context of a fit, once; a constant column does not "
    "matter") {
  const Case all(500);
  ef::Rng rng(1);
  ef::Flow flow{ef::StandardizeContext(ef::Chain{ef::MaskedAutoregressive<double>(2, {.hidden = {16}}, 2),
                                                 ef::ActNorm<double>(2)}),
                rng};
  ef::fit(flow, all.x, all.c, {.epochs = 100, .batch_size = 64, .learning_rate = 0.01, .progress = false});
  const auto& layer = flow.layers().layer<0>();
  CHECK(layer.initialised());
  CHECK(layer.mean()[0] == Approx(1000).epsilon(1e-5));
  CHECK(layer.scale()[0] == Approx(0.01).epsilon(0.1));
  CHECK(layer.mean()[1] == 7.0);
  CHECK(layer.layer().layer<1>().initialised());
  // x0 given c is N(u, 0.1²): 1.419 - 2.303 nats; and x1 is N(0, 1), 1.419.
  CHECK(-flow.log_prob(all.x, all.c).mean() < 0.85);

  Eigen::MatrixXd moved = all.c;
  moved.col(1).array() += 0.25;
  CHECK(flow.log_prob(all.x, moved) == flow.log_prob(all.x, all.c));
  CHECK(flow.log_prob_and_grad(all.x, all.c).grad_context.col(1).cwiseAbs().maxCoeff() < 1e-30);

  moved.col(0).array() *= 2;
  const double mean = layer.mean()[0];
  ef::fit(flow, all.x, moved, {.epochs = 0, .progress = false});
  CHECK(flow.layers().layer<0>().mean()[0] == mean);
}

TEST_CASE("a column of context that differs by rounding alone is constant; one of spread one is not") {
  Eigen::MatrixXd x(4, 2), c(4, 2);
  x << 0, 1, 2, 3, 4, 5, 6, 9;
  c << 0.1, 1, 0.1, -1, 0.3 - 0.2, 1, 0.1, -1;
  ef::Rng rng(1);
  ef::Flow flow{ef::StandardizeContext(ef::MaskedAutoregressive<double>(2, small, 2)), rng};
  ef::fit(flow, x, c, {.epochs = 0, .validation_fraction = 0, .progress = false});
  CHECK(flow.layers().layer<0>().scale()[0] == flow.layers().layer<0>().no_matter);
  CHECK(flow.layers().layer<0>().scale()[1] == 1.0);
}

TEST_CASE("StandardizeContext rejects a layer without a context, and statistics that are none") {
  const ef::MaskedAutoregressive<double> inside(2, small, 2);
  CHECK_THROWS_WITH(ef::StandardizeContext(ef::Planar<double>(2)),
                    ContainsSubstring("needs a layer that reads a context"));
  CHECK_THROWS_WITH(ef::StandardizeContext(inside, ef::VectorX<double>::Zero(3).eval(),
                                           ef::VectorX<double>::Ones(3).eval()),
                    ContainsSubstring("got 3 for a layer that reads 2"));
  CHECK_THROWS_WITH(ef::StandardizeContext(inside, pair<double>(0, 0), pair<double>(1, 0)),
                    ContainsSubstring("feature 1 in StandardizeContext"));
}
