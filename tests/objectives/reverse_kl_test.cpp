#include "eigenflow/objectives/reverse_kl.hpp"

#include <Eigen/Core>
#include <cmath>
#include <span>
#include <vector>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/data/energies_2d.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/targets.hpp"
#include "support/threads.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

template <class Base>
using Model = ef::Flow<ef::Planar<double, 2>, ef::Inverse<ef::Radial<double, 2>>, Base>;

template <class Base>
Model<Base> tiny_flow() {
  ef::Rng rng(1);
  Model<Base> flow{rng};
  flow.parameters() += 0.5 * contract::random_normal<double>(flow.parameters().size(), 1, 2);
  return flow;
}

constexpr Index samples = 300;  // three shards

template <class Flow, class T>
contract::VectorX<typename Flow::Scalar> gradient_of(const Flow& flow, const T& target,
                                                     ef::ReverseKl loss_of = {},
                                                     const ef::Rng& rng = ef::Rng(3)) {
  contract::VectorX<typename Flow::Scalar> grad(flow.parameters().size());
  grad.setConstant(99);  // overwritten, not added to
  loss_of(flow, target, samples, rng, {grad.data(), static_cast<std::size_t>(grad.size())});
  return grad;
}

// Every entry against the numeric derivative of the loss at the same draws.
template <class Base>
void check_gradient() {
  const ef::ReverseKl loss_of;
  Model<Base> flow = tiny_flow<Base>();
  const VectorXd grad = gradient_of(flow, ef::energy_u3);
  CHECK(grad.cwiseAbs().minCoeff() > 1e-4);  // each is put to the test
  const double h = 1e-5;
  for (Index i = 0; i < grad.size(); ++i) {
    const double theta = flow.parameters()[i];
    flow.parameters()[i] = theta + h;
    const double up = loss_of(flow, ef::energy_u3, samples, ef::Rng(3), {});
    flow.parameters()[i] = theta - h;
    const double down = loss_of(flow, ef::energy_u3, samples, ef::Rng(3), {});
    flow.parameters()[i] = theta;
    INFO(Base::tag() << ", parameter " << i);
    CHECK(grad[i] == Approx((up - down) / (2 * h)).epsilon(1e-6).margin(1e-6));
  }
}

}  // namespace

TEST_CASE("reverse KL is the mean of log q - log p over the flow's own samples") {
  const auto flow = tiny_flow<ef::DiagonalNormal<double, 2>>();
  ef::Rng rng(7);
  const ef::Rng draws = ef::Rng(7).fork();  // as Flow::sample forks
  const auto [x, log_q] = flow.sample_and_log_prob(samples, rng);
  const double expected = (log_q + ef::energy_u2.energy(x)).mean();
  CHECK(ef::ReverseKl{}(flow, ef::energy_u2, samples, draws, {}) == Approx(expected).epsilon(1e-12));
  VectorXd grad(flow.parameters().size());
  for (const bool path : {false, true})
    CHECK(ef::ReverseKl{.path_gradient = path}(flow, ef::energy_u2, samples, draws,
                                               {grad.data(), static_cast<std::size_t>(grad.size())}) ==
          Approx(expected).epsilon(1e-12));
}

TEST_CASE("reverse KL rejects a gradient of another size, and a flow that needs a context") {
  const auto flow = tiny_flow<ef::DiagonalNormal<double, 2>>();
  std::vector<double> grad(3);
  CHECK_THROWS_WITH(ef::ReverseKl{}(flow, ef::energy_u2, samples, ef::Rng(1), grad),
                    ContainsSubstring("but the gradient given has 3"));
  ef::Rng rng(1);
  const ef::Flow given{ef::AffineCoupling<double, 2>(2, {.hidden = {3}}, 1), rng};
  CHECK_THROWS_WITH(ef::ReverseKl{}(given, ef::energy_u2, samples, ef::Rng(1), {}),
                    ContainsSubstring("conditional on 1 columns"));
  CHECK_THROWS_WITH(ef::ReverseKl{}(flow, ef::energy_u2, 0, ef::Rng(1), {}),
                    ContainsSubstring("one draw or more, but got 0"));
}

TEST_CASE("the gradient is the numeric derivative at fixed draws, the base's parameters too") {
  check_gradient<ef::StandardNormal<double, 2>>();
  check_gradient<ef::DiagonalNormal<double, 2>>();
  check_gradient<ef::MultivariateNormal<double, 2>>();
  check_gradient<ef::StudentT<double, 2>>();
}

TEST_CASE("the path gradient has the same mean and vanishes where the flow is the target") {
  // Identity layers over a base that is the target: the sample's gradient is noise, the path's is none.
  ef::Rng rng(1);
  const targets::Gaussian target;
  ef::Flow<ef::Planar<double, 2>, ef::DiagonalNormal<double, 2>> flow{rng};
  flow.layer_parameters<0>().u.setZero();
  flow.base_parameters().mean = target.mean;
  for (Index j = 0; j < 2; ++j) {
    const double s = std::log(target.scale[j]);
    flow.base_parameters().log_scale[j] = s / (1 - std::abs(s) / 20);
  }
  CHECK(gradient_of(flow, target).norm() > 0.05);
  CHECK(gradient_of(flow, target, {.path_gradient = true}).norm() < 1e-12);
  CHECK(ef::ReverseKl{}(flow, target, samples, ef::Rng(3), {}) == Approx(-target.log_z()).epsilon(1e-13));

  // Elsewhere both estimate the same: the means of 400 independent ones agree within their errors.
  const auto away = tiny_flow<ef::DiagonalNormal<double, 2>>();
  const Index repeats = 400, size = away.parameters().size();
  MatrixXd difference(size, repeats);
  VectorXd plain = VectorXd::Zero(size);
  for (Index i = 0; i < repeats; ++i) {
    const VectorXd one = gradient_of(away, target, {}, ef::Rng(100 + static_cast<std::uint64_t>(i)));
    plain += one / static_cast<double>(repeats);
    difference.col(i) = one - gradient_of(away, target, {.path_gradient = true},
                                          ef::Rng(100 + static_cast<std::uint64_t>(i)));
  }
  const VectorXd mean = difference.rowwise().mean();
  const VectorXd error =
      ((difference.colwise() - mean).rowwise().squaredNorm() / static_cast<double>(repeats * (repeats - 1)))
          .cwiseSqrt();
  CHECK((mean.array().abs() / error.array()).maxCoeff() < 4.5);
  CHECK((error.array() < 0.2 * plain.array().abs().maxCoeff()).all());
  CHECK(difference.norm() > 1e-3);
}

TEST_CASE("a target by rows and by batches is the same") {
  const auto flow = tiny_flow<ef::DiagonalNormal<double, 2>>();
  CHECK(gradient_of(flow, targets::Gaussian{}) == gradient_of(flow, targets::GaussianBatch{}));
  const auto lambda = [](const Eigen::Vector2d& x, Eigen::Vector2d& grad) {
    return targets::Gaussian{}(x, grad);
  };
  CHECK(gradient_of(flow, lambda) == gradient_of(flow, targets::Gaussian{}));
  static_assert(ef::RowTarget<decltype(lambda), Model<ef::StandardNormal<double, 2>>>);
  static_assert(!ef::BatchTarget<decltype(lambda), Model<ef::StandardNormal<double, 2>>>);
  static_assert(!ef::Target<MatrixXd, Model<ef::StandardNormal<double, 2>>>);
}

TEMPLATE_TEST_CASE("loss and gradient have the same bits with any number of threads", "", float, double) {
  ef::Rng rng(1);
  const ef::Chain block{ef::AffineCoupling<TestType, 2>(2, {.hidden = {24, 24}}),
                        ef::Permutation<TestType, 2>()};
  ef::Flow flow{ef::Stack(2, block), ef::StudentT<TestType, 2>(), rng};
  flow.parameters() += TestType(0.2) * contract::random_normal<TestType>(flow.parameters().size(), 1, 4);
  const auto evaluate = [&](int threads, bool path) {
    const ThreadCount scope(threads);
    const Index size = flow.parameters().size();
    contract::VectorX<TestType> result(size + 1);
    result.head(size) = gradient_of(flow, ef::energy_u4, {.path_gradient = path});
    result[size] = static_cast<TestType>(ef::ReverseKl{}(flow, ef::energy_u4, 700, ef::Rng(3), {}));
    return result;
  };
#ifdef _OPENMP
  {
    const ThreadCount scope(2);
    REQUIRE(ef::detail::useful_threads(3, flow.work_per_row() * 3 * samples) == 2);
  }
#endif
  for (const bool path : {false, true}) {
    const auto serial = evaluate(1, path);
    for (const int threads : {2, 3, 4}) CHECK(evaluate(threads, path) == serial);
  }
}
