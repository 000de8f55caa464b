#include "eigenflow/fit_target.hpp"

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/data/energies_2d.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/importance_sample.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/optim/sgd.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/targets.hpp"
#include "support/threads.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::Vector2d;
using Eigen::VectorXd;

namespace {

using Gaussian = ef::Flow<ef::Permutation<double, 2>, ef::DiagonalNormal<double, 2>>;

Gaussian start() {
  ef::Rng rng(1);
  return Gaussian{rng};
}

auto couplings() {
  ef::Rng rng(1);
  const ef::Chain block{ef::AffineCoupling<float, 2>(2, {.hidden = {16}}), ef::Permutation<float, 2>()};
  return ef::Flow{ef::Stack(6, block), ef::DiagonalNormal<float, 2>(), rng};
}

}  // namespace

TEST_CASE("a Gaussian target is found exactly, and with it log Z") {
  Gaussian flow = start();
  const targets::Gaussian target;
  const auto history =
      ef::fit(flow, target, {.steps = 3'000, .learning_rate = 2e-2, .schedule = ef::cosine_schedule()},
              ef::Adam{}, ef::ReverseKl{.path_gradient = true});
  CHECK(history.stopped == ef::Stopped::finished);
  CHECK(history.epochs.size() == 30);
  CHECK(history.best_loss == Approx(-target.log_z()).margin(1e-10));
  CHECK(flow.base_parameters().mean[0] == Approx(target.mean[1]).margin(1e-6));
  CHECK(flow.base_parameters().mean[1] == Approx(target.mean[0]).margin(1e-6));
  ef::Rng rng(2);
  const auto got = ef::importance_sample(flow, target, 100, rng);
  CHECK(got.log_z == Approx(target.log_z()).margin(1e-6));
  CHECK(got.effective_sample_size == Approx(100).epsilon(1e-6));
}

TEST_CASE("a fit to U2 comes near its log Z, and never falls below") {
  // Six seeds ended .05 to .12 nats above it: how near a short fit comes depends on the last bits.
  auto flow = couplings();
  ef::fit(flow, ef::energy_u2,
          {.steps = 1'500, .learning_rate = 1e-2, .schedule = ef::cosine_schedule(), .annealing = 700});
  const double gap = ef::ReverseKl{}(flow, ef::energy_u2, 20'000, ef::Rng(9), {}) + ef::energy_u2.log_z();
  CHECK(gap > 0);
  CHECK(gap < 0.25);
}

TEST_CASE("the same seed gives the same theta, with any number of threads") {
  const auto theta = [](int threads, std::uint64_t seed) {
    const ThreadCount scope(threads);
    auto flow = couplings();
    ef::fit(flow, ef::energy_u3,
            {.steps = 30, .batch_size = 500, .annealing = 10, .epoch_steps = 10, .seed = seed});
    return Eigen::VectorXf(flow.parameters());
  };
  const Eigen::VectorXf serial = theta(1, 4);
  CHECK(theta(1, 4) == serial);
  CHECK(theta(2, 4) == serial);
  CHECK(theta(3, 4) == serial);
  CHECK(theta(1, 5) != serial);
}

TEST_CASE("annealing begins near a flat target and ends with the target itself") {
  // One step of Sgd on a target whose gradient dwarfs the entropy's: it moves by the power's share.
  const auto first_move = [](Index annealing) {
    Gaussian flow = start();
    targets::Gaussian target;
    target.scale = Vector2d(1e-3, 1e-3);
    ef::fit(flow, target, {.steps = 1, .learning_rate = 1e-6, .annealing = annealing}, ef::Sgd{});
    return flow.base_parameters().mean.norm();
  };
  CHECK(first_move(1'000) / first_move(0) == Approx(0.01).epsilon(1e-6));
}

TEST_CASE("the best parameters are those of the lowest loss at the same draws") {
  Gaussian flow = start();
  std::vector<VectorXd> thetas;
  std::vector<double> losses;
  const targets::Gaussian target;
  const auto history = ef::fit(flow, target,
                               {.steps = 200,
                                .batch_size = 4,
                                .learning_rate = 0.3,
                                .epoch_steps = 5,
                                .validation_samples = 50,
                                .callback =
                                    [&](const ef::Epoch& epoch) {
                                      thetas.emplace_back(flow.parameters());
                                      losses.push_back(epoch.validation_loss);
                                      return true;
                                    }},
                               ef::Adam{});
  const auto best = std::min_element(losses.begin(), losses.end()) - losses.begin();
  REQUIRE(best + 1 < static_cast<std::ptrdiff_t>(losses.size()));
  CHECK(history.best_epoch == best);
  CHECK(history.best_loss == losses[static_cast<std::size_t>(best)]);
  CHECK(VectorXd(flow.parameters()) == thetas[static_cast<std::size_t>(best)]);

  // The callback and the patience may stop it.
  Gaussian again = start();
  const auto stopped = ef::fit(
      again, target,
      {.steps = 200, .epoch_steps = 5, .callback = [](const ef::Epoch& epoch) { return epoch.epoch < 2; }});
  CHECK(stopped.stopped == ef::Stopped::callback);
  CHECK(stopped.epochs.size() == 3);
  const auto patient =
      ef::fit(again, target,
              {.steps = 2'000, .batch_size = 2, .learning_rate = 0.5, .epoch_steps = 1, .patience = 5});
  CHECK(patient.stopped == ef::Stopped::patience);
}

TEST_CASE("a loss that is not finite leaves the best parameters and says where") {
  const double bad = std::numeric_limits<double>::quiet_NaN();
  for (const bool in_gradient : {false, true}) {
    Gaussian flow = start();
    Index calls = 0;
    const auto target = [&](const auto& x, auto& log_p, auto& grad) {
      targets::GaussianBatch{}(x, log_p, grad);
      if (++calls < 20) return;
      if (in_gradient)
        grad(0, 1) = bad;
      else
        log_p[0] = bad;
    };
    const auto history =
        ef::fit(flow, target, {.steps = 100, .batch_size = 10, .epoch_steps = 3, .validation_samples = 10});
    CHECK(history.stopped == ef::Stopped::non_finite);
    CHECK_THAT(history.message, ContainsSubstring("was no longer finite"));
    CHECK(history.best_epoch >= 3);
    CHECK(std::isfinite(flow.parameters().sum()));
    CHECK(flow.parameters().norm() > 0);
  }
}

TEST_CASE("a target that forgets its gradient ends the fit at once, and is asked whether it does") {
  const auto forgets = [](const Vector2d& x, Vector2d&) { return -0.5 * x.squaredNorm(); };
  const auto by_value = [](const Vector2d& x, Vector2d) { return -0.5 * x.squaredNorm(); };
  const auto batch = [](const auto& x, auto& log_p, auto&) { log_p = -0.5 * x.rowwise().squaredNorm(); };
  const auto check = [](const auto& target) {
    Gaussian flow = start();
    const VectorXd before = flow.parameters();
    const auto history = ef::fit(flow, target, {.steps = 100});
    CHECK(history.stopped == ef::Stopped::non_finite);
    CHECK_THAT(history.message, ContainsSubstring("the gradient was no longer finite at step 0") &&
                                    ContainsSubstring("does the target write"));
    CHECK(flow.parameters() == before);
  };
  check(forgets);
  check(by_value);
  check(batch);
}

TEST_CASE("frozen parameters stay, and options that make no sense are rejected") {
  Gaussian flow = start();
  flow.freeze("base.mean");
  const targets::Gaussian target;
  ef::fit(flow, target, {.steps = 20});
  CHECK(flow.base_parameters().mean.isZero(0));
  CHECK(flow.base_parameters().log_scale.norm() > 0);

  CHECK_THROWS_WITH(ef::fit(flow, target, {.batch_size = 0}), ContainsSubstring("batch size"));
  CHECK_THROWS_WITH(ef::fit(flow, target, {.steps = -1}), ContainsSubstring("cannot be negative"));
  CHECK_THROWS_WITH(ef::fit(flow, target, {.learning_rate = 0}), ContainsSubstring("learning rate"));
  CHECK_THROWS_WITH(ef::fit(flow, target, {.annealing = -1}), ContainsSubstring("annealing"));
  CHECK_THROWS_WITH(ef::fit(flow, target, {.epoch_steps = 0}), ContainsSubstring("epoch"));
  CHECK_THROWS_WITH(ef::fit(flow, target, {.validation_samples = 0}), ContainsSubstring("validation"));
  CHECK_THROWS_WITH(ef::fit(flow, target, {.patience = -1}), ContainsSubstring("patience"));
  CHECK(ef::fit(flow, target, {.steps = 0}).epochs.empty());
}
