#include "eigenflow/compose/front.hpp"

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/columns.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;
using Eigen::MatrixXd;

TEST_CASE("Front obeys the laws") {
  contract::check_layer<3>("Front of Planar", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Front<ef::Planar<S, 2>, D>(kind.dim, ef::Planar<S, 2>());
  });
}

TEST_CASE("a Front of a layer with a context, and one of all features, obey the laws") {
  contract::check_layer<3>("Front of a coupling", []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::Front<ef::AffineCoupling<S, 3>, D>(kind.dim, ef::AffineCoupling<S, 3>(3, 1, options, {}, 2));
  });
}

TEST_CASE("a Front is the Columns of the first features, bit by bit") {
  const ef::Planar<double> planar(2);
  const contract::Problem<double> problem{contract::random_normal<double>(5, 1, 2),
                                          contract::random_normal<double>(9, 4, 3), MatrixXd(9, 0)};
  const contract::LayerSubject front(ef::Front(4, planar));
  const contract::LayerSubject columns(ef::Columns(4, {0, 1}, planar));
  const contract::Cotangent<double> cotangent = contract::random_cotangent<double>(9, 4, 4);
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const auto got = contract::evaluate(front, direction, problem),
               wanted = contract::evaluate(columns, direction, problem);
    CHECK(got.values == wanted.values);
    CHECK(got.log_det == wanted.log_det);
    CHECK(got.values.rightCols(2) == problem.x.rightCols(2));
    const auto pulled = contract::pull_back(front, direction, problem, cotangent),
               expected = contract::pull_back(columns, direction, problem, cotangent);
    CHECK(pulled.x == expected.x);
    CHECK(pulled.theta == expected.theta);
  }
}

TEST_CASE("levels of a multi-scale flow start from the data that reach them") {
  const MatrixXd x = contract::random_normal<double>(50, 4, 5).array() * 3 + 2;
  ef::Stack levels(2,
                   [](Eigen::Index level) { return ef::Front(4, ef::ActNorm<double>(level == 0 ? 4 : 2)); });
  std::vector<double> theta(static_cast<std::size_t>(ef::parameter_count(levels)), 0.0);
  theta[0] = 1;  // the log-scale of feature 0 at the first level
  levels.initialise_from(std::span<double>(theta), support::tiles_of<double>(x, 16));
  CHECK((levels[0].layer().mean()[3] - x.col(3).mean()) == Approx(0).margin(1e-12));
  CHECK(levels[1].layer().mean()[0] == Approx(0).margin(1e-12));
  CHECK(levels[1].layer().scale()[0] == Approx(std::exp(1 / 1.05)));
  CHECK(levels[1].layer().scale()[1] == Approx(1));
}

TEST_CASE("a Front rejects a layer of more features") {
  CHECK_THROWS_WITH(ef::Front(2, ef::Planar<double>(3)),
                    ContainsSubstring("a Front of 2 features cannot hold a layer of 3: give it as many"));
}
