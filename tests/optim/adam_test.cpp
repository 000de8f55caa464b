#include "eigenflow/optim/adam.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/optimise.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using optimise::span;
using optimise::Vector;
using Wide = Vector<long double>;

namespace {

// Algorithm 1 of arXiv:1412.6980, with the weight decay of algorithm 2 of arXiv:1711.05101, as printed.
struct Paper {
  long double beta1, beta2, epsilon, weight_decay;
  Wide mean, variance;
  long double t = 0;

  void step(Wide& theta, const Wide& grad, long double rate) {
    t += 1;
    mean = beta1 * mean + (1 - beta1) * grad;
    variance = beta2 * variance + (1 - beta2) * grad.cwiseAbs2();
    const Wide m = mean / (1 - std::pow(beta1, t)), v = variance / (1 - std::pow(beta2, t));
    const Wide move = m.array() / (v.array().sqrt() + epsilon);
    theta -= rate * (move + weight_decay * theta);
  }
};

// Runs both for 200 steps with a rate that changes, and gives the largest distance relative to theta's size.
template <class Scalar, class Optimizer>
long double distance_from_paper(const Optimizer& optimizer, long double weight_decay) {
  constexpr Index size = 21;  // whole vectors and a rest
  Vector<Scalar> theta = Vector<Scalar>::LinSpaced(size, -2, 2);
  Wide expected = theta.template cast<long double>();
  Paper paper{optimizer.beta1, optimizer.beta2,  optimizer.epsilon,
              weight_decay,    Wide::Zero(size), Wide::Zero(size)};
  auto state = optimizer.template start<Scalar>(size);
  long double worst = 0;
  for (int step = 0; step < 200; ++step) {
    const Vector<Scalar> grad = optimise::changing_gradient<Scalar>(size, step);
    const double rate = 0.01 / (1 + step % 3);
    optimizer.template step<Scalar>(state, span(theta), span(grad), rate);
    paper.step(expected, grad.template cast<long double>(), static_cast<long double>(rate));
    worst = std::max(worst, (theta.template cast<long double>() - expected).cwiseAbs().maxCoeff());
  }
  return worst / 2;
}

}  // namespace

TEMPLATE_TEST_CASE("Adam and AdamW follow the recursions of their papers", "", float, double) {
  // 200 roundings of theta, and those of each step.
  const long double rounding = 200 * static_cast<long double>(std::numeric_limits<TestType>::epsilon());
  CHECK(distance_from_paper<TestType>(ef::Adam{}, 0) < rounding);
  CHECK(distance_from_paper<TestType>(ef::Adam{.beta1 = 0.5, .beta2 = 0.9, .epsilon = 0.1}, 0) < rounding);
  CHECK(distance_from_paper<TestType>(ef::AdamW{}, 0.01L) < rounding);
  CHECK(distance_from_paper<TestType>(ef::AdamW{.beta1 = 0.8, .epsilon = 1e-3, .weight_decay = 0.3}, 0.3L) <
        rounding);
}

TEST_CASE("Adam and AdamW take the trajectories of an independent implementation") {
  // optax 0.2.8 in double: ten steps of rate 0.1 in ½ (a - 1)² + 5 b² + ¼ c⁴ from (2, -1, ½).
  const Vector<double> adam = optimise::descend_bowl<double>(ef::Adam{}, 10, 0.1);
  CHECK(adam[0] == Approx(1.0762491606197555).epsilon(1e-13));
  CHECK(adam[1] == Approx(-0.07624915159663806).epsilon(1e-12));
  CHECK(adam[2] == Approx(-0.12657807266587307).epsilon(1e-12));

  const Vector<double> adamw = optimise::descend_bowl<double>(ef::AdamW{.weight_decay = 0.05}, 10, 0.1);
  CHECK(adamw[0] == Approx(1.0130341264035163).epsilon(1e-13));
  CHECK(adamw[1] == Approx(-0.0541346691130605).epsilon(1e-12));
  CHECK(adamw[2] == Approx(-0.12904588242845713).epsilon(1e-12));
}

TEST_CASE("Adam moves by the learning rate while the gradient stays the same, whatever its size") {
  // The unbiased mean is g and the unbiased variance g² at every step.
  const Vector<double> grad{{1e-3, -5, 1e6, 0}};
  Vector<double> theta = Vector<double>::Zero(4);
  const ef::Adam adam;
  auto state = adam.start<double>(4);
  for (int step = 1; step <= 50; ++step) {
    adam.step<double>(state, span(theta), span(grad), 0.01);
    for (Index i = 0; i < 3; ++i)
      REQUIRE(theta[i] == Approx(-0.01 * step * grad[i] / (std::abs(grad[i]) + 1e-8)).epsilon(1e-12));
    REQUIRE(theta[3] == 0);
  }
  CHECK(state.steps == 50);
}

TEST_CASE("AdamW's decay does not pass through the gradient's moments") {
  const ef::AdamW optimizer{.weight_decay = 0.5};
  const Vector<double> none = Vector<double>::Zero(3);
  Vector<double> theta{{1, -2, 3}};
  auto state = optimizer.start<double>(3);
  for (int step = 0; step < 10; ++step) optimizer.step<double>(state, span(theta), span(none), 0.1);
  const double left = std::pow(1 - 0.1 * 0.5, 10);
  CHECK((theta - left * Vector<double>{{1, -2, 3}}).cwiseAbs().maxCoeff() < 1e-14);
  CHECK(state.mean == none);
  CHECK(state.variance == none);
}

TEMPLATE_TEST_CASE("Adam in parts is Adam on the whole", "", float, double) {
  const TestType ulp = 2 * std::numeric_limits<TestType>::epsilon();
  CHECK(optimise::parts_against_whole<TestType>(ef::Adam{}) < 20 * ulp);
  CHECK(optimise::parts_against_whole<TestType>(ef::AdamW{}) < 20 * ulp);
}
