#include <cmath>
#include <limits>
#include <numbers>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using bases::check_moments;
using bases::check_no_correlation;
using bases::check_one_sample_however_cut;
using bases::draw;
using bases::log_prob_at;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double log_two_pi = 1.8378770664093454836;

}  // namespace

TEST_CASE("the bases obey the laws of gradients and batches") {
  contract::check_base<1, 2>("StandardNormal", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::StandardNormal<S, D>(kind.dim);
  });
  contract::check_base<1, 3>("DiagonalNormal", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::DiagonalNormal<S, D>(kind.dim);
  });
  // A box that holds all moderate points; the extreme ones lie outside, where -∞ is no NaN.
  contract::check_base<2>("Uniform", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Uniform<S, D>(ef::VectorX<S>::Constant(kind.dim, S(-10)),
                             ef::VectorX<S>::Constant(kind.dim, S(12)));
  });
}

TEST_CASE("StandardNormal: closed form and samples") {
  const ef::StandardNormal<double> base(3);
  CHECK(log_prob_at(base, {}, Eigen::Vector3d(1, -2, 0.5)) ==
        Approx(-0.5 * (1 + 4 + 0.25) - 1.5 * log_two_pi).epsilon(1e-15));
  const MatrixXd samples = draw(base, {}, 40'000, 256, ef::Rng(1));
  check_moments(samples, VectorXd::Zero(3), VectorXd::Ones(3), 3);
  check_no_correlation(samples, VectorXd::Zero(3), VectorXd::Ones(3));
  check_one_sample_however_cut(base, {});
}

TEST_CASE("DiagonalNormal: closed form, the bound of its scale, and samples") {
  const ef::DiagonalNormal<double> base(2);
  VectorXd theta(4);
  theta << 0.5, -1, 0.7, -0.3;
  VectorXd deviation(2);
  const double c = 20;
  for (Index j = 0; j < 2; ++j) deviation[j] = std::exp(theta[2 + j] / (1 + std::abs(theta[2 + j]) / c));
  const Eigen::Vector2d z(1.5, 0.25);
  double expected = -log_two_pi;
  for (Index j = 0; j < 2; ++j)
    expected -= 0.5 * std::pow((z[j] - theta[j]) / deviation[j], 2) + std::log(deviation[j]);
  CHECK(log_prob_at(base, theta, z) == Approx(expected).epsilon(1e-14));
  const MatrixXd samples = draw(base, theta, 40'000, 256, ef::Rng(2));
  check_moments(samples, theta.head(2), deviation, 3);
  check_no_correlation(samples, theta.head(2), deviation);
  check_one_sample_however_cut(base, theta);
  bases::check_sample_vjp(base, theta);

  theta.tail(2).setConstant(1e300);
  CHECK(log_prob_at(base, theta, theta.head(2)) == Approx(-log_two_pi - 2 * c).epsilon(1e-12));
  VectorXd start = VectorXd::Ones(4);
  ef::Rng rng(1);
  base.initialise({start.data(), 4}, rng);
  CHECK(start.isZero(0));
}

TEST_CASE("Uniform: density inside, none outside, and samples inside") {
  const ef::Uniform<double> base(Eigen::Vector2d(-1, 2), Eigen::Vector2d(3, 2.5));
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(log_prob_at(base, {}, Eigen::Vector2d(0, 2.25)) == Approx(-std::log(2.0)).epsilon(1e-15));
  CHECK(log_prob_at(base, {}, Eigen::Vector2d(-1, 2)) == Approx(-std::log(2.0)).epsilon(1e-15));
  CHECK(log_prob_at(base, {}, Eigen::Vector2d(3, 2.25)) == -infinity);
  CHECK(log_prob_at(base, {}, Eigen::Vector2d(0, 1.999)) == -infinity);

  const MatrixXd samples = draw(base, {}, 40'000, 256, ef::Rng(3));
  CHECK(samples.col(0).minCoeff() >= -1);
  CHECK(samples.col(0).maxCoeff() < 3);
  CHECK(samples.col(1).minCoeff() >= 2);
  CHECK(samples.col(1).maxCoeff() < 2.5);
  const double root_twelve = std::sqrt(12.0);
  const Eigen::Vector2d mean(1, 2.25), deviation(4 / root_twelve, 0.5 / root_twelve);
  check_moments(samples, mean, deviation, 1.8);
  check_no_correlation(samples, mean, deviation);
  check_one_sample_however_cut(base, {});

  // A box of one float: rounding must not reach the open end.
  const float next = std::nextafter(1.0F, 2.0F);
  const ef::Uniform<float> narrow(ef::VectorX<float>::Ones(1), ef::VectorX<float>::Constant(1, next));
  ef::Arena arena;
  auto tile = ef::Tile<float>::allocate(arena, 100, 1, false);
  narrow.sample({}, ef::Rng(1), 0, tile);
  CHECK((tile.values.array() == 1.0F).all());
}

TEST_CASE("Uniform rejects a box that is none") {
  using Uniform = ef::Uniform<double>;
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(Uniform(Eigen::Vector2d(0, 1), Eigen::Vector2d(1, 1)), ContainsSubstring("feature 1"));
  CHECK_THROWS_WITH(Uniform(Eigen::Vector2d(0, 0), Eigen::Vector2d(infinity, 1)),
                    ContainsSubstring("feature 0"));
  const double largest = std::numeric_limits<double>::max();
  CHECK_THROWS_WITH(Uniform(Eigen::Vector2d(0, std::nan("")), Eigen::Vector2d(1, 1)),
                    ContainsSubstring("feature 1"));
  CHECK_THROWS_WITH(Uniform(Eigen::Vector2d(0, -largest), Eigen::Vector2d(1, largest)),
                    ContainsSubstring("feature 1"));  // finite ends, but no finite width
  CHECK_THROWS_WITH(Uniform(Eigen::Vector2d(0, 0), Eigen::Vector3d(1, 1, 1)),
                    ContainsSubstring("2 low and 3 high"));
}
