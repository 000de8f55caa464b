#include "eigenflow/compose/columns.hpp"

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;
using Eigen::Index;

TEST_CASE("Columns obey the laws") {
  contract::check_layer<3>("Columns of Planar", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Columns<ef::Planar<S, 2>, D>(kind.dim, {2, 0}, ef::Planar<S, 2>());
  });
}

TEST_CASE("Columns that lie side by side, and those of a layer with a context, obey the laws") {
  contract::check_layer<4>("Columns of a coupling", []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::Columns<ef::AffineCoupling<S, 2>, D>(kind.dim, {1, 2},
                                                    ef::AffineCoupling<S, 2>(2, 1, options, {}, 2));
  });
}

TEST_CASE("Columns are the layer on those features, and leave the others as they are") {
  const ef::Planar<double> planar(2);
  const Eigen::MatrixXd x = contract::random_normal<double>(9, 4, 3);
  const auto theta = contract::random_normal<double>(ef::parameter_count(planar), 1, 2);
  const Eigen::MatrixXd none(9, 0);
  for (const std::vector<Index>& indices : std::vector<std::vector<Index>>{{3, 1}, {0, 2}, {1, 2}, {2, 1}}) {
    Eigen::MatrixXd own(9, 2);
    own << x.col(indices[0]), x.col(indices[1]);
    const contract::LayerSubject whole(ef::Columns(4, indices, planar));
    const contract::LayerSubject alone(planar);
    for (const Direction direction : {Direction::forward, Direction::inverse}) {
      const auto got = contract::evaluate(whole, direction, contract::Problem<double>{theta, x, none});
      const auto wanted = contract::evaluate(alone, direction, contract::Problem<double>{theta, own, none});
      CHECK(got.log_det == wanted.log_det);
      for (Index j = 0; j < 4; ++j) {
        if (j == indices[0] || j == indices[1])
          CHECK(got.values.col(j) == wanted.values.col(j == indices[0] ? 0 : 1));
        else
          CHECK(got.values.col(j) == x.col(j));
      }
    }
  }
}

TEST_CASE("a layer of Columns starts from its own features, whichever direction they enter") {
  Eigen::MatrixXd x(4, 3);
  x << 0, 10, 5, 2, 20, 6, 4, 30, 9, 6, 40, 8;
  ef::Columns some(3, {2, 0}, ef::Standardize<double>(2));
  some.initialise_from({}, support::tiles_of<double>(x, 3));
  CHECK(some.layer().mean()[0] == Approx(7));
  CHECK(some.layer().mean()[1] == Approx(3));
  ef::Columns alike(3, {1, 2}, ef::Standardize<double>(2));
  alike.initialise_from({}, support::tiles_of<double>(x, 3));
  CHECK(alike.layer().mean()[0] == Approx(25));

  ef::Columns turned(3, {1}, ef::inverse(ef::Standardize<double>(1)));
  turned.initialise_from({}, support::tiles_of<double>(x, 3), ef::Direction::inverse);
  CHECK(turned.layer().layer().mean()[0] == Approx(25));
}

TEST_CASE("Columns work inside of a fit, with dropout") {
  ef::Rng rng(1);
  Eigen::MatrixXd x(300, 3);
  rng.fill_normal(x);
  x.col(1) = 2 * x.col(0) + 0.1 * x.col(1);
  ef::Flow flow{ef::Columns(3, {1, 0}, ef::AffineCoupling<double, 2>(2, {.hidden = {8}, .dropout = 0.2})),
                rng};
  const double before = -flow.log_prob(x).mean();
  ef::fit(flow, x, {.epochs = 30, .learning_rate = 0.01, .progress = false});
  CHECK(-flow.log_prob(x).mean() < before - 0.5);
}

TEST_CASE("Columns reject features that are none, with the entry") {
  const ef::Planar<double> planar(2);
  CHECK_THROWS_WITH(ef::Columns(3, {0, 1, 2}, planar),
                    ContainsSubstring("Columns name 3 features for a layer of 2: name as many"));
  CHECK_THROWS_WITH(ef::Columns(3, {0, 3}, planar),
                    ContainsSubstring("entry 1 of Columns is feature 3, but the features go from 0 to 2"));
  CHECK_THROWS_WITH(ef::Columns(3, {-1, 0}, planar), ContainsSubstring("entry 0 of Columns is feature -1"));
  CHECK_THROWS_WITH(ef::Columns(3, {2, 2}, planar),
                    ContainsSubstring("entries 0 and 1 of Columns are both feature 2"));
}
