#include "eigenflow/layers/standardize.hpp"

#include <cmath>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/layer_contract.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("Standardize obeys the laws") {
  contract::check_layer("Standardize", []<class S, int D>(contract::Kind<S, D> kind) {
    ef::VectorX<S> mean(kind.dim), scale(kind.dim);
    for (Eigen::Index j = 0; j < kind.dim; ++j) {
      mean[j] = S(j) - S(1.5);
      scale[j] = std::exp2(S(j % 3) - 1);
    }
    return ef::Standardize<S, D>(mean, scale);
  });
}

TEST_CASE("Standardize takes mean and deviation from the data, once, whatever the tiles") {
  Eigen::MatrixXd x(5, 3);
  x << 1, 1e6 + 1, 7, 2, 1e6 + 2, 7, 3, 1e6 + 3, 7, 4, 1e6 + 4, 7, 5, 1e6 + 5, 7;
  ef::Standardize<double> layer(3);
  CHECK_FALSE(layer.initialised());
  layer.initialise_from({}, support::tiles_of<double>(x, 2));
  CHECK(layer.initialised());
  CHECK(layer.mean()[0] == Approx(3).epsilon(1e-15));
  CHECK(layer.mean()[1] == Approx(1e6 + 3).epsilon(1e-15));
  CHECK(layer.scale()[0] == Approx(std::sqrt(2.0)).epsilon(1e-14));
  CHECK(layer.scale()[1] == Approx(std::sqrt(2.0)).epsilon(1e-14));
  CHECK(layer.mean()[2] == 7.0);
  CHECK(layer.scale()[2] == 1.0);  // a constant feature

  const Eigen::MatrixXd other = 10 * x;
  layer.initialise_from({}, support::tiles_of<double>(other, 5));
  CHECK(layer.mean()[0] == Approx(3).epsilon(1e-15));

  ef::Standardize<double> untouched(3);
  const Eigen::MatrixXd none(0, 3);
  untouched.initialise_from({}, support::tiles_of<double>(none, 5));
  CHECK_FALSE(untouched.initialised());
}

TEST_CASE("Standardize of float data keeps the digits of a large mean") {
  Eigen::MatrixXf x(4096, 1);
  for (Eigen::Index i = 0; i < x.rows(); ++i) x(i, 0) = 1e6F + 2 * static_cast<float>(i % 4);
  ef::Standardize<float> layer(1);
  layer.initialise_from({}, support::tiles_of<float>(x, 256));
  CHECK(layer.mean()[0] == 1e6F + 3);
  CHECK(layer.scale()[0] == Approx(std::sqrt(5.0)).epsilon(1e-6));
}

TEST_CASE("Standardize inside a Chain sees what the layers before it give") {
  Eigen::MatrixXd x(4, 2);
  x << 0, 10, 2, 20, 4, 30, 6, 40;
  ef::Chain chain(ef::Permutation<double>({1, 0}), ef::Standardize<double>(2));
  chain.initialise_from({}, support::tiles_of<double>(x, 3));
  CHECK(chain.layer<1>().mean()[0] == Approx(25));
  CHECK(chain.layer<1>().mean()[1] == Approx(3));
}

TEST_CASE("Standardize refuses statistics that are none") {
  using Vector = ef::VectorX<double>;
  CHECK_THROWS_WITH(ef::Standardize<double>(Vector::Zero(2), Vector::Ones(3)),
                    ContainsSubstring("2 means and 3 scales"));
  for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Vector scale = Vector::Ones(3);
    scale[2] = bad;
    CHECK_THROWS_WITH(ef::Standardize<double>(Vector::Zero(3), scale), ContainsSubstring("feature 2"));
  }
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Vector mean = Vector::Zero(3);
    mean[1] = bad;
    CHECK_THROWS_WITH(ef::Standardize<double>(mean, Vector::Ones(3)),
                      ContainsSubstring("feature 1") && ContainsSubstring("must be finite"));
  }
}

TEST_CASE("Standardize of data that enters its inverse") {
  Eigen::MatrixXd x(4, 1);
  x << 1, 3, 5, 7;
  ef::Standardize<double> layer(1);
  layer.initialise_from({}, support::tiles_of<double>(x, 3), ef::Direction::inverse);
  // x scale + mean has mean 0 and variance 1.
  CHECK(layer.scale()[0] == Approx(1 / std::sqrt(5.0)).epsilon(1e-15));
  CHECK(layer.mean()[0] == Approx(-4 / std::sqrt(5.0)).epsilon(1e-15));
}
