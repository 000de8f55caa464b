#include "eigenflow/layers/act_norm.hpp"

#include <cmath>
#include <limits>
#include <sstream>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;
using support::tiles_of;

namespace {

Eigen::MatrixXd some_data() {
  Eigen::MatrixXd x(5, 3);
  x << 1, 1e6 + 1, 7, 2, 1e6 + 2, 7, 3, 1e6 + 3, 7, 4, 1e6 + 4, 7, 5, 1e6 + 5, 7;
  return x;
}

// What a flow makes of x: mean 0 and, but for constant features, variance 1.
void check_standardised(const Eigen::MatrixXd& z, Eigen::Index spread_features) {
  for (Eigen::Index j = 0; j < z.cols(); ++j) {
    CHECK(std::abs(z.col(j).mean()) < 1e-9);
    CHECK(z.col(j).squaredNorm() / static_cast<double>(z.rows()) ==
          Approx(j < spread_features ? 1.0 : 0.0).epsilon(1e-9));
  }
}

}  // namespace

TEST_CASE("ActNorm obeys the laws") {
  contract::check_layer("ActNorm", []<class S, int D>(contract::Kind<S, D> kind) {
    ef::VectorX<S> mean(kind.dim), scale(kind.dim);
    for (Eigen::Index j = 0; j < kind.dim; ++j) {
      mean[j] = S(j) - S(1.5);
      scale[j] = std::exp2(S(j % 3) - 1);
    }
    return ef::ActNorm<S, D>(mean, scale);
  });
}

TEST_CASE("ActNorm is eˢ (x - mean)/scale + shift") {
  ef::VectorX<double> mean(2), scale(2), theta(4);
  mean << 3, -1;
  scale << 0.5, 4;
  theta << 5, -10, 0.25, 2;  // s = 5/(1 + 5/20) = 4 and -10/(1 + 10/20) = -20/3
  const contract::LayerSubject layer(ef::ActNorm<double>(mean, scale));
  Eigen::MatrixXd x(1, 2);
  x << 3.5, 7;
  const auto z = contract::evaluate(layer, Direction::forward, {theta, x, Eigen::MatrixXd(1, 0)});
  CHECK(z.values(0, 0) == Approx(std::exp(4.0) + 0.25).epsilon(1e-15));
  CHECK(z.values(0, 1) == Approx(2 * std::exp(-20.0 / 3) + 2).epsilon(1e-15));
  CHECK(z.log_det[0] == Approx(4 - 20.0 / 3 - std::log(2.0)).epsilon(1e-14));
}

TEST_CASE("ActNorm starts from the first data, and from no other") {
  const Eigen::MatrixXd x = some_data();
  ef::Rng rng(1);
  ef::Flow flow(ef::ActNorm<double>(3), rng);
  CHECK_FALSE(flow.layers().layer<0>().initialised());
  flow.initialise_from(tiles_of<double>(x, 2));
  CHECK(flow.layers().layer<0>().initialised());
  check_standardised(flow.forward(x).z, 2);

  const Eigen::MatrixXd other = 10 * x.array() + 3;
  const Eigen::MatrixXd before = flow.forward(x).z;
  flow.initialise_from(tiles_of<double>(other, 5));
  CHECK(flow.forward(x).z == before);
  // A copy knows that it has started.
  auto copy = flow;
  copy.initialise_from(tiles_of<double>(other, 5));
  CHECK(copy.forward(x).z == before);
}

TEST_CASE("ActNorm of one row, of equal rows and of no rows is finite") {
  for (const Eigen::Index rows : {0, 1, 4}) {
    const Eigen::MatrixXf x = Eigen::MatrixXf::Constant(rows, 2, 1e6F);
    ef::Rng rng(1);
    ef::Flow flow(ef::ActNorm<float, 2>(), rng);
    flow.initialise_from(tiles_of<float>(x, 3));
    CHECK(flow.layers().layer<0>().initialised() == (rows > 0));
    const Eigen::MatrixXf z = flow.forward(x).z;
    CHECK((z.array() == 0.0F).all());
    CHECK((flow.forward(x).log_det.array() == 0.0F).all());
  }
  ef::Rng rng(1);
  ef::Flow flow(ef::ActNorm<float, 2>(), rng);
  const Eigen::MatrixXf x = Eigen::MatrixXf::Constant(1, 2, 3.0F);
  const auto history = ef::fit(flow, x, {.epochs = 2, .progress = false});
  CHECK(std::isfinite(history.epochs.back().training_loss));
}

TEST_CASE("fit starts ActNorm once: a second fit goes on from the first") {
  ef::Rng rng(5);
  Eigen::MatrixXd x(64, 2);
  rng.fill_normal(x);
  const Eigen::MatrixXd there = (1000 * x).array() + 7;
  ef::Flow flow(ef::ActNorm<double, 2>(), rng);
  ef::fit(flow, there, {.steps = 1, .validation_fraction = 0, .progress = false});
  const ef::VectorX<double> mean = flow.layers().layer<0>().mean();
  CHECK(mean[0] == Approx(there.col(0).mean()).epsilon(1e-12));
  ef::fit(flow, x, {.steps = 1, .validation_fraction = 0, .progress = false});
  CHECK(flow.layers().layer<0>().mean() == mean);
}

TEST_CASE("compositions hand on the data as it arrives at each ActNorm") {
  ef::Rng rng(2);
  Eigen::MatrixXd x(40, 2);
  rng.fill_normal(x);
  x.col(0) = x.col(0).array() * 3 + 5;
  x.col(1) = x.col(1).array() * 0.1 - 2;
  using Norm = ef::ActNorm<double, 2>;
  using Swap = ef::Permutation<double, 2>;
  const auto check = [&](auto layer) {
    ef::Flow flow(std::move(layer), rng);
    flow.initialise_from(tiles_of<double>(x, 16));
    check_standardised(flow.forward(x).z, 2);
  };
  check(ef::Chain(Swap(), Norm()));
  check(ef::Stack(3, ef::Chain(Norm(), Swap())));
  check(ef::Inverse(Norm()));
  check(ef::Inverse(ef::Chain(Norm(), Swap())));
  check(ef::Inverse(ef::Stack(2, ef::Chain(Swap(), Norm(), ef::Standardize<double, 2>()))));
  check(ef::inverse(ef::inverse(Norm())));
}

TEST_CASE("an Inverse'd Stack starts its last layer first") {
  ef::Rng rng(2);
  const Eigen::MatrixXd x = some_data().leftCols(2);
  ef::Flow flow(ef::Inverse(ef::Stack(2, ef::ActNorm<double, 2>())), rng);
  flow.initialise_from(tiles_of<double>(x, 2));
  const auto& stack = flow.layers().layer<0>().layer();
  CHECK(stack[1].scale()[0] == Approx(1 / std::sqrt(2.0)));
  CHECK(stack[0].scale()[0] == Approx(1.0));
}

TEST_CASE("ActNorm rejects statistics that are none") {
  using Vector = ef::VectorX<double>;
  CHECK_THROWS_WITH(ef::ActNorm<double>(Vector::Zero(2), Vector::Ones(3)),
                    ContainsSubstring("ActNorm needs a mean and a scale for each feature"));
  Vector mean = Vector::Zero(2);
  mean[1] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(ef::ActNorm<double>(mean, Vector::Ones(2)), ContainsSubstring("the mean of feature 1"));
  CHECK_THROWS_WITH(ef::ActNorm<double>(Vector::Zero(2), Vector::Zero(2)),
                    ContainsSubstring("the scale of feature 0 in ActNorm must be positive"));
}
