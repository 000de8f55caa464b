#include "eigenflow/compose/chain.hpp"

#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;

TEST_CASE("a Chain of different layers obeys the laws") {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Chain(ef::Radial<S, D>(kind.dim),
                     ef::AffineCoupling<S, D>(kind.dim, {.hidden = {3}, .activation = ef::Activation::tanh}),
                     ef::Permutation<S, D>::reverse(kind.dim), ef::Planar<S, D>(kind.dim));
  };
  contract::check_layer<2, 3>("Chain", make, {.extreme_exponent = 0.4});
}

TEST_CASE("compositions nest") {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Chain(
        ef::Stack(2, ef::inverse(ef::Chain(ef::Radial<S, D>(kind.dim), ef::Planar<S, D>(kind.dim)))),
        ef::inverse(ef::Stack(2, ef::Radial<S, D>(kind.dim))));
  };
  contract::check_layer<2>("Chain of Stack of Inverse of Chain", make, {.extreme_exponent = 0.3});
}

TEST_CASE("a Chain is its layers one after the other, theta in their order") {
  const ef::Radial<double> first(2);
  const ef::Planar<double> second(2);
  const ef::Chain chain(first, second);
  REQUIRE(ef::parameter_count(chain) == 4 + 5);
  const contract::Problem<double> problem{contract::random_normal<double>(9, 1, 1),
                                          contract::random_normal<double>(6, 2, 2),
                                          contract::MatrixX<double>(6, 0)};
  const auto whole = contract::evaluate(contract::LayerSubject(chain), Direction::forward, problem);
  const auto half = contract::evaluate(contract::LayerSubject(first), Direction::forward,
                                       {problem.theta.head(4), problem.x, problem.context});
  const auto rest = contract::evaluate(contract::LayerSubject(second), Direction::forward,
                                       {problem.theta.tail(5), half.values, problem.context});
  CHECK(whole.values == rest.values);
  CHECK((whole.log_det - half.log_det - rest.log_det).cwiseAbs().maxCoeff() < 1e-15);

  const auto names = ef::name_parameters(chain);
  REQUIRE(names.size() == 6);
  CHECK(names[0].path == "0.x0");
  CHECK(names[3].path == "1.u");
  CHECK(names[3].offset == 4);
  CHECK(names[5].path == "1.b");
  CHECK(names[5].offset == 8);
}

TEST_CASE("a Chain of different run-time dimensions is rejected with the layer named") {
  CHECK_THROWS_WITH(ef::Chain(ef::Planar<float>(2), ef::Planar<float>(3)),
                    ContainsSubstring("layer 1 of the Chain takes 3 features but layer 0 gives 2"));
  CHECK_THROWS_WITH(ef::Planar<float>(0), ContainsSubstring("a dimension of 0"));
  CHECK_THROWS_WITH((ef::Planar<float, 2>(3)), ContainsSubstring("2 features at compile time, but 3"));
}
