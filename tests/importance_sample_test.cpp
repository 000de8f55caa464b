#include "eigenflow/importance_sample.hpp"

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "eigenflow/data/energies_2d.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/targets.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::Vector2d;

namespace {

// Wider than the target, with heavier tails.
ef::Flow<ef::Permutation<double, 2>, ef::StudentT<double, 2>> proposal() {
  ef::Rng rng(1);
  ef::Flow<ef::Permutation<double, 2>, ef::StudentT<double, 2>> flow{rng};
  flow.base_parameters().location = Vector2d(-1.5, 1);  // reversed by the permutation
  flow.base_parameters().log_scale = Vector2d(1.3, -0.4);
  return flow;
}

}  // namespace

TEST_CASE("importance weights are log p - log q, whatever form the target has") {
  const auto flow = proposal();
  const targets::Gaussian target;
  ef::Rng rng(2), again(2);
  const auto got = ef::importance_sample(flow, target, 1000, rng);
  const auto [x, log_q] = flow.sample_and_log_prob(1000, again);
  CHECK(got.x == x);
  CHECK(rng == again);
  Vector2d grad;
  for (Index i = 0; i < 1000; ++i)
    REQUIRE(got.log_weights[i] == Approx(target(Vector2d(x.row(i)), grad) - log_q[i]).epsilon(1e-12));
  ef::Rng third(2), fourth(2);
  CHECK(ef::importance_sample(flow, targets::GaussianBatch{}, 1000, third).log_weights == got.log_weights);
  const auto value = [&](const Vector2d& at) {
    Vector2d unused;
    return target(at, unused);
  };
  CHECK(ef::importance_sample(flow, value, 1000, fourth).log_weights == got.log_weights);
}

TEST_CASE("importance sampling finds log Z, the moments, and how good it is") {
  const auto flow = proposal();
  const targets::Gaussian target;
  ef::Rng rng(3);
  const Index n = 50'000;
  const auto got = ef::importance_sample(flow, target, n, rng);
  CHECK(std::abs(got.log_z - target.log_z()) < 4 * got.log_z_error);
  CHECK(got.log_z_error < 0.01);
  CHECK(got.undefined == 0);

  // The same numbers without logarithms.
  const Eigen::ArrayXd w = got.log_weights.array().exp();
  CHECK(got.log_z == Approx(std::log(w.mean())).epsilon(1e-12));
  CHECK(got.effective_sample_size == Approx(w.sum() * w.sum() / w.square().sum()).epsilon(1e-10));
  const double error = std::sqrt((w - w.mean()).square().mean() / static_cast<double>(n)) / w.mean();
  CHECK(got.log_z_error == Approx(error).epsilon(1e-10));

  const Eigen::VectorXd share = got.weights();
  CHECK(share.sum() == Approx(1).epsilon(1e-12));
  const Vector2d mean = got.x.transpose() * share;
  CHECK(mean[0] == Approx(target.mean[0]).margin(0.02));
  CHECK(mean[1] == Approx(target.mean[1]).margin(0.12));
}

TEST_CASE("the standard error of log Z is its deviation over repetitions") {
  const auto flow = proposal();
  const targets::Gaussian target;
  ef::Rng rng(4);
  const Index repeats = 300;
  Eigen::ArrayXd z(repeats), error(repeats);
  for (Index i = 0; i < repeats; ++i) {
    const auto got = ef::importance_sample(flow, target, 500, rng);
    z[i] = got.log_z;
    error[i] = got.log_z_error;
  }
  const double deviation = std::sqrt((z - z.mean()).square().mean());
  CHECK(error.mean() == Approx(deviation).epsilon(0.15));
}

TEST_CASE("a flow that is the target has equal weights and no error") {
  ef::Rng rng(1);
  const targets::Gaussian target;
  ef::Flow<ef::Permutation<double, 2>, ef::DiagonalNormal<double, 2>> flow{rng};
  for (Index j = 0; j < 2; ++j) {
    flow.base_parameters().mean[j] = target.mean[1 - j];
    const double s = std::log(target.scale[1 - j]);
    flow.base_parameters().log_scale[j] = s / (1 - std::abs(s) / 20);
  }
  const auto got = ef::importance_sample(flow, target, 1000, rng);
  CHECK(got.log_z == Approx(target.log_z()).epsilon(1e-12));
  CHECK(got.effective_sample_size == Approx(1000).epsilon(1e-9));
  CHECK(got.log_z_error < 1e-6);
}

TEST_CASE("rows without density, or without a number, count with weight zero") {
  const auto flow = proposal();
  ef::Rng rng(5), same(5), third(5);
  const double infinity = std::numeric_limits<double>::infinity();
  const auto half = ef::importance_sample(
      flow, [&](const Vector2d& x) { return x[0] < 1 ? -infinity : 0.0; }, 1000, rng);
  CHECK(half.undefined == 0);
  CHECK((half.log_weights.array() == -infinity).count() == (half.x.col(0).array() < 1).count());
  CHECK(ef::detail::is_finite(half.log_z));
  const auto broken = ef::importance_sample(
      flow,
      [&](const Vector2d& x) {
        return x[0] < 0.5 ? std::numeric_limits<double>::quiet_NaN() : x[0] < 1 ? infinity : 0.0;
      },
      1000, same);
  CHECK(broken.undefined == (broken.x.col(0).array() < 1).count());
  CHECK(broken.undefined > 10);
  CHECK(broken.log_z == half.log_z);
  CHECK(broken.effective_sample_size == half.effective_sample_size);

  const auto nothing = ef::importance_sample(
      flow, [&](const Vector2d&) { return -infinity; }, 100, third);
  CHECK(nothing.effective_sample_size == 0);
  CHECK(nothing.log_z == -infinity);
  CHECK(nothing.log_z_error == infinity);
  CHECK(nothing.weights().isZero(0));
  CHECK_THROWS_AS(ef::importance_sample(flow, targets::Gaussian{}, 0, third), std::invalid_argument);
}

TEST_CASE("weights reject a log-weight that is NaN or infinite, by its number") {
  const auto flow = proposal();
  ef::Rng rng(5);
  auto sample = ef::importance_sample(flow, targets::Gaussian{}, 50, rng);
  CHECK(sample.weights().sum() == Approx(1).epsilon(1e-12));
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    auto broken = sample;
    broken.log_weights[17] = bad;
    CHECK_THROWS_WITH(broken.weights(), Catch::Matchers::ContainsSubstring("number 17 is"));
  }
}

TEST_CASE("importance sampling rejects a conditional flow") {
  ef::Rng rng(1);
  const ef::Flow flow{ef::AffineCoupling<double, 2>(2, {.hidden = {4}}, 1), rng};
  CHECK_THROWS_WITH(ef::importance_sample(flow, ef::energy_u1, 10, rng),
                    Catch::Matchers::ContainsSubstring("this flow has 1 columns of context"));
}
