#include "eigenflow/compose/stack.hpp"

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;

TEST_CASE("a Stack of blocks that differ in structure obeys the laws") {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) {
    ef::Rng rng(6);
    return ef::Stack(2, [&](Eigen::Index) {
      return ef::Chain(
          ef::AffineCoupling<S, D>(kind.dim, {.hidden = {3}, .activation = ef::Activation::softplus}),
          ef::Permutation<S, D>::random(kind.dim, rng));
    });
  };
  contract::check_layer<3>("Stack", make, {.extreme_exponent = 0.4});
}

TEST_CASE("a Stack is its layers one after the other, theta in their order") {
  const ef::Planar<double> planar(2);
  const ef::Stack stack(3, planar);
  REQUIRE(stack.size() == 3);
  REQUIRE(ef::parameter_count(stack) == 15);
  const contract::Problem<double> problem{contract::random_normal<double>(15, 1, 1),
                                          contract::random_normal<double>(6, 2, 2),
                                          contract::MatrixX<double>(6, 0)};
  const auto whole = contract::evaluate(contract::LayerSubject(stack), Direction::forward, problem);
  contract::MatrixX<double> values = problem.x;
  contract::VectorX<double> log_det = contract::VectorX<double>::Zero(6);
  for (Eigen::Index i = 0; i < 3; ++i) {
    const auto step = contract::evaluate(contract::LayerSubject(planar), Direction::forward,
                                         {problem.theta.segment(5 * i, 5), values, problem.context});
    values = step.values;
    log_det += step.log_det;
  }
  CHECK(whole.values == values);
  CHECK((whole.log_det - log_det).cwiseAbs().maxCoeff() < 2e-15);
  CHECK(ef::name_parameters(stack)[4].path == "1.w");
  CHECK(ef::name_parameters(stack)[4].offset == 7);
  CHECK(stack.segment(1).offset == 5);
  CHECK(stack.segment(1).size == 5);
}

TEST_CASE("a Stack that was moved from is rejected, and one moved to itself is itself") {
  ef::Stack stack(2, ef::Planar<double>(3));
  auto& itself = stack;
  stack = std::move(itself);
  CHECK(stack.size() == 2);
  const ef::Stack other = std::move(stack);
  CHECK_THROWS_WITH(stack.dim(),
                    Catch::Matchers::ContainsSubstring("this Stack was moved from and is empty"));
  CHECK_THROWS_AS(ef::Chain(stack), std::invalid_argument);
  stack = other;
  CHECK(stack.dim() == 3);
}

TEST_CASE("a Stack rejects to be empty, and layers of different dimensions") {
  CHECK_THROWS_WITH((ef::Stack<ef::Planar<float, 2>>(0)), ContainsSubstring("one layer or more, but 0"));
  CHECK_THROWS_WITH(ef::Stack(3, [](Eigen::Index i) { return ef::Planar<float>(i < 2 ? 2 : 4); }),
                    ContainsSubstring("layer 2 of the Stack takes 4 features but layer 0 gives 2"));
}
