#include "eigenflow/layers/standardize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
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

TEMPLATE_TEST_CASE("Standardize leaves a constant feature its own value as the mean, and scale 1", "", float,
                   double) {
  using S = TestType;
  const S max = std::numeric_limits<S>::max();
  for (const S value : {S(1), S(0.1), S(0.3), S(9.81), S(300.15), S(6.02e23), std::sqrt(max), max, -max,
                        std::numeric_limits<S>::denorm_min(), S(0)})
    for (const Eigen::Index rows : {1, 100, 1'000, 30'001}) {
      const ef::MatrixX<S> x = ef::MatrixX<S>::Constant(rows, 1, value);
      ef::Standardize<S> layer(1);
      layer.initialise_from({}, support::tiles_of<S>(x, 256));
      INFO(value << ", " << rows << " rows");
      CHECK(layer.mean()[0] == value);
      CHECK(layer.scale()[0] == 1);
    }
}

TEST_CASE("Standardize of float times: a spread of few units in the last place is a spread") {
  // Multiples of 128 around 1.7e9, all exact in float.
  for (const float spread : {1.F, 3.F, 8.F}) {
    Eigen::MatrixXf x(5'000, 1);
    for (Eigen::Index i = 0; i < x.rows(); ++i)
      x(i, 0) = 1'700'000'000.F + 128 * spread * static_cast<float>(i % 5 - 2);
    ef::Standardize<float> layer(1);
    layer.initialise_from({}, support::tiles_of<float>(x, 256));
    CHECK(layer.mean()[0] == 1'700'000'000.F);
    CHECK(layer.scale()[0] == Approx(128 * spread * std::sqrt(2.F)).epsilon(1e-6));
  }
}

TEST_CASE("Standardize of doubles of any size: squares neither overflow nor underflow") {
  const double max = std::numeric_limits<double>::max();
  for (const double unit : {1e-290, 1e-200, 1e-100, 1.0, 1e100, 1e200, 1e300, max / 2})
    for (const double offset : {0.0, 1e3}) {
      if (offset * unit > max / 2) continue;
      Eigen::MatrixXd x(1'000, 1);
      for (Eigen::Index i = 0; i < x.rows(); ++i)
        x(i, 0) = (offset + static_cast<double>(i % 4) - 1.5) * unit;
      ef::Standardize<double> layer(1);
      layer.initialise_from({}, support::tiles_of<double>(x, 256));
      INFO(unit << ", offset " << offset);
      CHECK(layer.mean()[0] / unit == Approx(offset).margin(1e-12));
      CHECK(layer.scale()[0] / unit == Approx(std::sqrt(1.25)).epsilon(1e-13));
    }
  // Half of the rows at one end of all numbers and half at the other.
  Eigen::MatrixXd ends(1'000, 1);
  for (Eigen::Index i = 0; i < ends.rows(); ++i) ends(i, 0) = i % 2 == 0 ? -max : max;
  ef::Standardize<double> layer(1);
  layer.initialise_from({}, support::tiles_of<double>(ends, 256));
  CHECK(std::abs(layer.mean()[0]) < 1e-12 * max);
  CHECK(layer.scale()[0] == Approx(max).epsilon(1e-13));
}

TEST_CASE("FeatureMoments are those of all rows, however they are cut, and NaN stays in its feature") {
  Eigen::MatrixXd x(1'003, 3);
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const auto t = static_cast<double>(i);
    x.row(i) << 1e8 + std::sin(t), (i == 700 ? 1e250 : std::cos(t)), 9.81;
  }
  const double n = static_cast<double>(x.rows());
  double mean = 0, squares = 0;  // of the first feature, less 1e8
  for (Eigen::Index i = 0; i < x.rows(); ++i) mean += (x(i, 0) - 1e8) / n;
  for (Eigen::Index i = 0; i < x.rows(); ++i) squares += std::pow(x(i, 0) - 1e8 - mean, 2) / n;
  for (const Eigen::Index block : {1, 7, 256, 1'003}) {
    ef::FeatureMoments moments(3);
    for (Eigen::Index first = 0; first < x.rows(); first += block)
      moments.add(x.middleRows(first, std::min(block, x.rows() - first)));
    CHECK(moments.rows() == 1'003);
    CHECK(moments.mean(0) - 1e8 == Approx(mean).margin(2e-8));
    CHECK(moments.deviation(0) == Approx(std::sqrt(squares)).epsilon(1e-13));
    CHECK(moments.mean(1) == Approx(1e250 / n).epsilon(1e-13));
    CHECK(moments.deviation(1) == Approx(1e250 * std::sqrt((n - 1) / n / n)).epsilon(1e-13));
    CHECK(moments.mean(2) == 9.81);
    CHECK(moments.deviation(2) == 0);
  }
  x(500, 0) = std::nan("");
  x(501, 1) = std::numeric_limits<double>::infinity();
  ef::FeatureMoments moments(3);
  moments.add(x.topRows(400));
  moments.add(x.bottomRows(603));
  for (const Eigen::Index j : {0, 1}) {
    CHECK(std::isnan(moments.mean(j)));
    CHECK(std::isnan(moments.deviation(j)));
  }
  CHECK(moments.mean(2) == 9.81);
  const ef::FeatureMoments none(1);
  CHECK(std::isnan(none.mean(0)));
  CHECK(std::isnan(none.deviation(0)));
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

TEST_CASE("Standardize rejects statistics that are none") {
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
