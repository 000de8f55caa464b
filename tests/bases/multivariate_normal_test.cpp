#include "eigenflow/bases/multivariate_normal.hpp"

#include <Eigen/LU>
#include <cmath>
#include <limits>
#include <numbers>
#include <type_traits>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/bases/with_circles.hpp"
#include "eigenflow/compose/transformed_base.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using bases::draw;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

struct Example {
  ef::MultivariateNormal<double> base{3};
  VectorXd theta = VectorXd(9);
  VectorXd mean;
  MatrixXd covariance;

  Example() {
    theta << 0.5, -1, 2, 0.7, -0.3, 0.2, 0.8, -1.1, 0.4;
    mean = theta.head(3);
    const VectorXd log_scale = theta.segment(3, 3);
    const VectorXd scale = (log_scale.array() / (1 + log_scale.array().abs() / 20)).exp();
    MatrixXd m = MatrixXd::Identity(3, 3);
    m(1, 0) = theta[6];
    m(2, 0) = theta[7];
    m(2, 1) = theta[8];
    const MatrixXd factor = scale.asDiagonal() * m.inverse();
    covariance = factor * factor.transpose();
  }
};

// Rows of two features, the second nearly a multiple of the first.
template <class S>
ef::MatrixX<S> nearly_collinear(double correlation) {
  const MatrixXd e = contract::random_normal<double>(4000, 2, 3);
  MatrixXd x(e.rows(), 2);
  x.col(0) = 3 + e.col(0).array();
  x.col(1) = 1e3 * (correlation * e.col(0) + std::sqrt(1 - correlation * correlation) * e.col(1));
  return x.cast<S>();
}

// The mean log-density of x under the normal with its mean and covariance.
template <class S>
double best_of_a_normal(const ef::MatrixX<S>& x) {
  const ef::MatrixX<long double> wide = x.template cast<long double>();
  const ef::MatrixX<long double> centred = wide.rowwise() - wide.colwise().mean();
  const ef::MatrixX<long double> covariance =
      centred.transpose() * centred / static_cast<long double>(x.rows());
  const double dim = static_cast<double>(x.cols());
  return -dim / 2 * (std::log(2 * std::numbers::pi) + 1) -
         0.5 * static_cast<double>(std::log(covariance.determinant()));
}

}  // namespace

TEMPLATE_TEST_CASE("MultivariateNormal starts as the normal of its data", "", float, double) {
  using S = TestType;
  ef::Rng rng(1);
  for (const double correlation : {0.0, 0.9, 0.999, 0.99999}) {
    if (std::is_same_v<S, float> && correlation > 0.999) continue;  // the data's own digits end there
    const ef::MatrixX<S> x = nearly_collinear<S>(correlation);
    ef::Flow flow{ef::Standardize<S, 2>(), ef::MultivariateNormal<S, 2>(), rng};
    flow.initialise_from(support::tiles_of(x, 300));
    INFO("correlation " << correlation);
    CHECK(double(flow.log_prob(x).template cast<double>().mean()) ==
          Approx(best_of_a_normal(x)).margin(1e-3));
  }
}

TEST_CASE("MultivariateNormal starts from data once, wherever it stands") {
  ef::Rng rng(1);
  const MatrixXd x = nearly_collinear<double>(0.99);
  const double best = best_of_a_normal(x);
  const auto tiles = support::tiles_of(x, 300);
  const auto mean_log_prob = [&](const auto& flow) { return flow.log_prob(x).mean(); };

  using Normal = ef::MultivariateNormal<double>;
  ef::AnyFlow<double> any(ef::AnyChain<double>({ef::AnyLayer<double>(ef::Standardize<double>(2))}),
                          ef::AnyBase<double>(Normal(2)), rng);
  any.initialise_from(tiles);
  CHECK(mean_log_prob(any) == Approx(best).margin(1e-3));

  using Inner = ef::TransformedBase<ef::Standardize<double>, Normal>;
  ef::Flow nested{ef::Permutation<double>::reverse(2), Inner(ef::Standardize<double>(2), Normal(2)), rng};
  nested.initialise_from(tiles);
  CHECK(mean_log_prob(nested) == Approx(best).margin(1e-3));

  MatrixXd with_angle(x.rows(), 3);
  with_angle << x, MatrixXd::Zero(x.rows(), 1);
  ef::Flow circle{ef::Permutation<double>({0, 1, 2}), ef::WithCircles(3, {2}, Normal(2)), rng};
  circle.initialise_from(support::tiles_of(with_angle, 300));
  CHECK(circle.log_prob(with_angle).mean() == Approx(best - std::log(2 * std::numbers::pi)).margin(1e-3));

  // Neither a trained nor a frozen base.
  ef::Flow trained{ef::Standardize<double>(2), Normal(2), rng};
  trained.parameters()[0] = 0.25;
  const VectorXd theta = trained.parameters();
  trained.initialise_from(tiles);
  CHECK(trained.parameters() == theta);
  ef::Flow frozen{ef::Standardize<double>(2), Normal(2), rng};
  frozen.freeze("base.mean");
  frozen.initialise_from(tiles);
  CHECK(frozen.parameters().head(2).isZero(0));
  CHECK(mean_log_prob(frozen) == Approx(best).margin(1e-3));  // Standardize has taken the mean out

  // Data without a covariance: one row, or numbers that are not finite.
  ef::Flow none{ef::Permutation<double>::reverse(2), Normal(2), rng};
  const MatrixXd one = MatrixXd::Ones(1, 2),
                 bad = MatrixXd::Constant(3, 2, std::numeric_limits<double>::infinity());
  none.initialise_from(support::tiles_of(bad, 2));
  CHECK(none.parameters().isZero(0));
  none.initialise_from(support::tiles_of(one, 2));
  CHECK(none.log_prob(one).array().isFinite().all());
}

TEST_CASE("MultivariateNormal obeys the laws of gradients and batches") {
  contract::check_base<1, 3, 8>("MultivariateNormal", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::MultivariateNormal<S, D>(kind.dim);
  });
}

TEST_CASE("MultivariateNormal: the density by its covariance") {
  const Example example;
  for (const Eigen::Vector3d& z : {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(2, -3, 1)}) {
    const VectorXd offset = z - example.mean;
    const double expected = -0.5 * offset.dot(example.covariance.inverse() * offset) -
                            0.5 * std::log(example.covariance.determinant()) -
                            1.5 * std::log(2 * std::numbers::pi);
    CHECK(bases::log_prob_at(example.base, example.theta, z) == Approx(expected).epsilon(1e-13));
  }
}

TEST_CASE("MultivariateNormal: samples have its covariance and are smooth in every parameter") {
  const Example example;
  const MatrixXd samples = draw(example.base, example.theta, 40'000, 256, ef::Rng(2));
  bases::check_moments(samples, example.mean, example.covariance.diagonal().cwiseSqrt(), 3);
  const MatrixXd offset = samples.rowwise() - example.mean.transpose();
  const MatrixXd covariance = offset.transpose() * offset / 40'000.0;
  const MatrixXd& c = example.covariance;
  for (Index i = 0; i < 3; ++i)
    for (Index j = 0; j < i; ++j)
      CHECK(std::abs(covariance(i, j) - c(i, j)) <
            5 * std::sqrt((c(i, i) * c(j, j) + c(i, j) * c(i, j)) / 40'000));
  bases::check_one_sample_however_cut(example.base, example.theta);
  bases::check_sample_vjp(example.base, example.theta);
}
