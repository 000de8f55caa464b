#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

// A loss that turns non-finite never destroys the model: the best
// parameters come back, and the history says where it happened.

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXf;
using Eigen::VectorXf;

namespace {

using Gaussian = ef::Flow<ef::Permutation<float, 2>, ef::DiagonalNormal<float, 2>>;

// Maximum likelihood, with something else in place of the loss or of one gradient entry at one training step.
struct Broken {
  Index* steps;
  Index at;
  float loss;
  float gradient;

  double operator()(const Gaussian& flow, const ef::Batch<float>& batch, std::span<float> grad) const {
    const double honest = ef::MaximumLikelihood{}(flow, batch, grad);
    if (grad.empty() || (*steps)++ != at) return honest;
    grad[1] += gradient;
    return honest + static_cast<double>(loss);
  }
};

struct Course {
  Gaussian flow = [] {
    ef::Rng rng(1);
    return Gaussian{rng};
  }();
  std::vector<VectorXf> thetas{VectorXf(flow.parameters())};  // before the fit, then after each epoch
  ef::History history;

  // Four steps an epoch.
  template <class Objective = ef::MaximumLikelihood>
  explicit Course(ef::FitOptions<float> options, const Objective& objective = {}) {
    const MatrixXf x = contract::random_normal<float>(40, 2, 2).array() + 1;
    options.batch_size = 10;
    options.validation_fraction = 0;
    options.callback = [this](const ef::Epoch&) {
      thetas.emplace_back(flow.parameters());
      return true;
    };
    history = ef::fit(flow, x, options, ef::Adam{}, objective);
  }

  // The flow has the parameters of the best epoch, and they are sound.
  void check_restored() const {
    CHECK(history.stopped == ef::Stopped::non_finite);
    CHECK(VectorXf(flow.parameters()) == thetas[static_cast<std::size_t>(history.best_epoch + 1)]);
    CHECK(flow.parameters().cwiseAbs().maxCoeff() < 10);
    CHECK(ef::detail::is_finite(flow.log_prob(MatrixXf::Zero(1, 2))[0]));
  }
};

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

// One step in the whole fit is enormous.
ef::Schedule leap_at(Index step) {
  return [step](Index now, Index) { return now == step ? 1e33 : 1.0; };
}

MatrixXf validation_set() {
  return contract::random_normal<float>(20, 2, 3).array() + 1;
}

}  // namespace

TEST_CASE("a loss or gradient that is not finite stops the fit at its step and epoch") {
  Index steps = 0;
  SECTION("a loss of NaN") {
    const Course course({.epochs = 5}, Broken{&steps, 7, not_a_number, 0});
    course.check_restored();
    CHECK(course.history.best_epoch == 0);
    CHECK(course.history.epochs.size() == 1);
    CHECK_THAT(course.history.message,
               ContainsSubstring("the loss") && ContainsSubstring("step 7 (epoch 1)"));
  }
  SECTION("an infinite loss at the first step") {
    const Course course({.epochs = 5}, Broken{&steps, 0, infinity, 0});
    course.check_restored();
    CHECK(course.history.best_epoch == -1);
    CHECK(course.history.epochs.empty());
    CHECK_THAT(course.history.message, ContainsSubstring("step 0 (epoch 0)"));
  }
  SECTION("a gradient of NaN, clipped or not") {
    for (const double clip_norm : {0.0, 1.0}) {
      steps = 0;
      const Course course({.epochs = 5, .clip_norm = clip_norm}, Broken{&steps, 9, 0, not_a_number});
      course.check_restored();
      CHECK(course.history.best_epoch == 1);
      CHECK_THAT(course.history.message,
                 ContainsSubstring("the gradient") && ContainsSubstring("step 9 (epoch 2)"));
    }
  }
  SECTION("with a validation set the best epoch may be an earlier one") {
    const Course course({.epochs = 50, .learning_rate = 0.1, .validation = validation_set()},
                        Broken{&steps, 150, infinity, 0});
    course.check_restored();
    CHECK(course.history.best_epoch < 36);
    CHECK(course.history.epochs.size() == 37);
  }
}

TEST_CASE("a learning rate that is far too large leaves the flow as it was") {
  const Course course({.epochs = 5, .learning_rate = 1e30});
  course.check_restored();
  CHECK(course.history.best_epoch == -1);
  CHECK_THAT(course.history.message, ContainsSubstring("step 1 (epoch 0)"));
}

TEST_CASE("parameters that the last step of an epoch destroys are not taken for the best") {
  SECTION("without a validation set, in the middle of a fit") {
    const Course course({.epochs = 5, .schedule = leap_at(7)});
    course.check_restored();
    CHECK(course.history.best_epoch == 0);
    CHECK_THAT(course.history.message,
               ContainsSubstring("the loss") && ContainsSubstring("after step 7, the last of epoch 1"));
  }
  SECTION("without a validation set, in the last step of the fit") {
    const Course course({.epochs = 2, .schedule = leap_at(7)});
    course.check_restored();
    CHECK(course.history.best_epoch == 0);
  }
  SECTION("with a validation set") {
    const Course course({.epochs = 5, .schedule = leap_at(7), .validation = validation_set()});
    course.check_restored();
    CHECK(course.history.best_epoch == 0);
    CHECK_THAT(course.history.message,
               ContainsSubstring("the validation loss") && ContainsSubstring("epoch 1"));
  }
}
