#include "eigenflow/layers/elementwise.hpp"

#include <cmath>

#include "eigenflow/fit.hpp"
#include "eigenflow/transformers/affine.hpp"
#include "eigenflow/transformers/rational_quadratic_spline.hpp"
#include "eigenflow/transformers/shift.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using contract::Direction;

TEST_CASE("Elementwise splines obey the laws, one feature among them") {
  contract::check_layer<1, 3>("Elementwise<spline>", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Elementwise<ef::RationalQuadraticSpline<S>, D>(kind.dim, ef::SplineOptions{.bins = 3});
  });
}

TEST_CASE("Elementwise affine maps obey the laws") {
  contract::check_layer<2>("Elementwise<affine>", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Elementwise<ef::Affine<S>, D>(kind.dim);
  });
}

TEST_CASE("Elementwise starts as the identity, and shifts each feature by its own number") {
  const ef::Elementwise<ef::Shift<double>> layer(3);
  CHECK(ef::parameter_count(layer) == 3);
  const Eigen::MatrixXd x = contract::random_normal<double>(5, 3, 1);
  const contract::LayerSubject subject(layer);
  Eigen::VectorXd theta = Eigen::VectorXd::Ones(3);
  ef::Rng rng(1);
  layer.initialise({theta.data(), 3}, rng);
  CHECK(theta.isZero(0));
  theta << 1, -2, 0.5;
  const auto result = contract::evaluate(subject, Direction::forward,
                                         contract::Problem<double>{theta, x, Eigen::MatrixXd(5, 0)});
  CHECK(result.values == x.rowwise() + theta.transpose());
  CHECK(result.log_det.isZero(0));
}

TEST_CASE("an Elementwise spline learns a density of one feature") {
  // Exponential: -E log p = 1 nat; a normal of the same mean and variance is 0.42 nats worse.
  ef::Rng rng(2);
  Eigen::MatrixXd x(4000, 1);
  rng.fill_uniform(x);
  x = -(1 - x.array()).log();
  ef::Flow flow{
      ef::Elementwise<ef::Affine<double>>(1),
      ef::Elementwise<ef::RationalQuadraticSpline<double>>(1, ef::SplineOptions{.bins = 16, .bound = 5}),
      rng};
  ef::fit(flow, x, {.steps = 600, .batch_size = 500, .learning_rate = 0.03, .progress = false});
  CHECK(-flow.log_prob(x).mean() < 1.12);
}
