#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "eigenflow/concepts/base.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"

// Tests of a base: draws, log-densities, moments, and that a sample does not depend on the tiles.

namespace bases {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

inline std::span<const double> span_of(const VectorXd& theta) {
  return {theta.data(), static_cast<std::size_t>(theta.size())};
}

/// `rows` draws, by tiles of `height`.
template <class Base>
MatrixXd draw(const Base& base, const VectorXd& theta, Index rows, Index height, const eigenflow::Rng& rng) {
  MatrixXd samples(rows, base.dim());
  for (Index first = 0; first < rows; first += height) {
    eigenflow::Arena arena;
    auto tile = eigenflow::Tile<double>::allocate(arena, std::min(height, rows - first), base.dim(), false);
    base.sample(span_of(theta), rng, first, tile);
    samples.middleRows(first, tile.rows()) = tile.values;
  }
  return samples;
}

template <class Base, class Z>
VectorXd log_prob(const Base& base, const VectorXd& theta, const Eigen::DenseBase<Z>& z) {
  const contract::Problem<double> problem{theta, z, MatrixXd(z.rows(), 0)};
  return contract::evaluate(contract::BaseSubject(base), contract::Direction::forward, problem).log_det;
}
template <class Base>
double log_prob_at(const Base& base, const VectorXd& theta, const VectorXd& z) {
  return log_prob(base, theta, z.transpose())[0];
}

/// Means and deviations of many draws, each within five of its standard errors.
inline void check_moments(const MatrixXd& samples, const VectorXd& mean, const VectorXd& deviation,
                          double kurtosis) {
  const double n = static_cast<double>(samples.rows());
  for (Index j = 0; j < samples.cols(); ++j) {
    const double m = samples.col(j).mean();
    const double v = (samples.col(j).array() - m).square().mean();
    CHECK(std::abs(m - mean[j]) < 5 * deviation[j] / std::sqrt(n));
    CHECK(std::abs(v / (deviation[j] * deviation[j]) - 1) < 5 * std::sqrt((kurtosis - 1) / n));
  }
}
inline void check_no_correlation(const MatrixXd& samples, const VectorXd& mean, const VectorXd& deviation) {
  const double n = static_cast<double>(samples.rows());
  const VectorXd a = samples.col(0).array() - mean[0], b = samples.col(1).array() - mean[1];
  CHECK(std::abs(a.dot(b) / n) < 5 * deviation[0] * deviation[1] / std::sqrt(n));
}

template <class Base>
void check_one_sample_however_cut(const Base& base, const VectorXd& theta) {
  const eigenflow::Rng rng(5);
  const MatrixXd whole = draw(base, theta, 600, 600, rng);
  CHECK(draw(base, theta, 600, 256, rng) == whole);
  CHECK(draw(base, theta, 600, 7, rng) == whole);
  CHECK(draw(base, theta, 100, 256, rng) == whole.topRows(100));
  CHECK(draw(base, theta, 600, 600, eigenflow::Rng(6)) != whole);
}

/// sample_vjp against numeric derivatives of the draws themselves, in every parameter.
template <class Base>
void check_sample_vjp(const Base& base, const VectorXd& theta) {
  const eigenflow::Rng rng(8);
  const Index rows = 37, first = 5;
  const MatrixXd cotangent = contract::random_normal<double>(rows, base.dim(), 9);
  const auto loss = [&](const VectorXd& at) {
    return draw(base, at, first + rows, first + rows, rng).bottomRows(rows).cwiseProduct(cotangent).sum();
  };
  eigenflow::Arena arena;
  auto tile = eigenflow::Tile<double>::allocate(arena, rows, base.dim(), true);
  base.sample(span_of(theta), rng, first, tile);
  tile.attach_cotangents();
  tile.grad_values = cotangent;
  VectorXd grad = VectorXd::Ones(theta.size());  // added to
  base.sample_vjp(span_of(theta), {grad.data(), static_cast<std::size_t>(grad.size())}, rng, first, tile);
  for (Index i = 0; i < theta.size(); ++i) {
    const double h = 1e-5;
    const VectorXd step = h * VectorXd::Unit(theta.size(), i);
    const double numeric = (loss(theta + step) - loss(theta - step)) / (2 * h);
    INFO("parameter " << i);
    CHECK(std::abs(numeric) > 1e-4);
    CHECK(grad[i] - 1 == Approx(numeric).epsilon(1e-7).margin(1e-7));
  }
}

}  // namespace bases
