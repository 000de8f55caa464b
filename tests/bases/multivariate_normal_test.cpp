#include "eigenflow/bases/multivariate_normal.hpp"

#include <Eigen/LU>
#include <cmath>
#include <numbers>

#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/layer_contract.hpp"

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

}  // namespace

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
