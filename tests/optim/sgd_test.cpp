#include "eigenflow/optim/sgd.hpp"

#include <cmath>
#include <limits>

#include "eigenflow/optim/adam.hpp"
#include "support/catch.hpp"
#include "support/optimise.hpp"

namespace ef = eigenflow;
using optimise::span;
using optimise::Vector;

TEST_CASE("Sgd on a parabola shrinks the distance to its bottom by the same factor each step") {
  const ef::Sgd sgd;
  Vector<double> theta{{2, -3}};
  auto state = sgd.start<double>(2);
  for (int step = 0; step < 30; ++step) {
    const Vector<double> grad = 4 * theta;
    sgd.step<double>(state, span(theta), span(grad), 0.05);
  }
  CHECK(theta[0] == Approx(2 * std::pow(1 - 0.2, 30)).epsilon(1e-13));
  CHECK(theta[1] == Approx(-3 * std::pow(1 - 0.2, 30)).epsilon(1e-13));
}

TEST_CASE("Sgd's velocity under a constant gradient is a geometric series") {
  const ef::Sgd sgd{.momentum = 0.75};
  const Vector<double> grad{{1, -2}};
  Vector<double> theta = Vector<double>::Zero(2);
  auto state = sgd.start<double>(2);
  for (int step = 1; step <= 40; ++step) {
    sgd.step<double>(state, span(theta), span(grad), 0.1);
    // v_k = (1 - mᵏ) / (1 - m) g, and theta is minus the rate times the sum of them.
    const double m = 0.75, power = std::pow(m, step);
    REQUIRE(state.velocity[0] == Approx((1 - power) / (1 - m)).epsilon(1e-13));
    const double sum = (step - m * (1 - power) / (1 - m)) / (1 - m);
    REQUIRE(theta[0] == Approx(-0.1 * sum).epsilon(1e-13));
    REQUIRE(theta[1] == Approx(0.2 * sum).epsilon(1e-13));
  }
}

TEST_CASE("Sgd takes the trajectory of an independent implementation") {
  // optax 0.2.8 in double: ten steps of rate 0.05 and momentum 0.9 in ½ (a - 1)² + 5 b² + ¼ c⁴.
  const Vector<double> theta = optimise::descend_bowl<double>(ef::Sgd{.momentum = 0.9}, 10, 0.05);
  CHECK(theta[0] == Approx(0.6890770893303709).epsilon(1e-13));
  CHECK(theta[1] == Approx(-0.08772476799999984).epsilon(1e-12));
  CHECK(theta[2] == Approx(0.3034313129712371).epsilon(1e-13));
}

TEMPLATE_TEST_CASE("Sgd in parts is Sgd on the whole", "", float, double) {
  const TestType ulp = 2 * std::numeric_limits<TestType>::epsilon();
  CHECK(optimise::parts_against_whole<TestType>(ef::Sgd{.momentum = 0.9}) < 20 * ulp);
}

TEMPLATE_TEST_CASE("an optimizer's step rejects vectors of different sizes", "", ef::Sgd, ef::Adam,
                   ef::AdamW) {
  const TestType optimizer;
  Vector<double> theta = Vector<double>::Ones(3);
  const Vector<double> grad = Vector<double>::Ones(3), shorter = Vector<double>::Ones(2);
  auto state = optimizer.template start<double>(3), small = optimizer.template start<double>(2);
  CHECK_THROWS_WITH(optimizer.template step<double>(state, span(theta), span(shorter), 0.1),
                    Catch::Matchers::ContainsSubstring("of one size, but got 3, 3 and 2"));
  CHECK_THROWS_WITH(optimizer.template step<double>(small, span(theta), span(grad), 0.1),
                    Catch::Matchers::ContainsSubstring("but got 2, 3 and 3"));
  CHECK(theta == Vector<double>::Ones(3));
}
