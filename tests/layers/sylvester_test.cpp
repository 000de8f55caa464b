#include "eigenflow/layers/sylvester.hpp"

#include <Eigen/LU>
#include <cmath>
#include <limits>
#include <numbers>

#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using Eigen::Index;

TEST_CASE("Sylvester obeys the laws") {
  contract::check_layer<1, 2, 3>(
      "Sylvester", []<class S, int D>(contract::Kind<S, D> kind) { return ef::Sylvester<S, D>(kind.dim); });
}

TEST_CASE("Sylvester of a rank below the dimension obeys the laws") {
  contract::check_layer<4>("Sylvester, rank 2", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Sylvester<S, D>(kind.dim, 2);
  });
}

TEST_CASE("Sylvester with another h obeys the laws") {
  contract::check_layer<3>("Sylvester, softsign", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Sylvester<S, D, ef::Softsign>(kind.dim, 2);
  });
}

namespace {

// R_ii under the constraint: k/R̃_ii with 1 + k = softplus(R_ii R̃_ii + ln(e - 1)).
Wide constrained(Wide r, Wide r_tilde) {
  const Wide a = r * r_tilde + std::log(std::numbers::e_v<Wide> - 1);
  return (std::log1p(std::exp(a)) - 1) / r_tilde;
}

}  // namespace

TEMPLATE_TEST_CASE("Sylvester is x + Q R tanh(R̃ Qᵀx + b)", "", float, double) {
  using S = TestType;
  // Reflections whose vectors stand on theirs: v₀ = (1, 2, 0) and v₁ = (1, 0, -1).
  VectorX<S> theta(14);
  theta << 0, 2, 0, 0, 0, -1, S(0.5), S(-1.5), S(0.75), S(-0.75), S(0.25), S(1.25), S(0.125), S(-0.5);
  MatrixX<S> x(2, 3);
  x << 1, 2, S(-0.5), S(-0.25), S(0.75), 3;
  const contract::LayerSubject layer(ef::Sylvester<S>(3, 2));
  const auto result = contract::evaluate(layer, Direction::forward, {theta, x, MatrixX<S>(2, 0)});

  const VectorX<Wide> v0 = (VectorX<Wide>(3) << 1, 2, 0).finished(),
                      v1 = (VectorX<Wide>(3) << 1, 0, -1).finished();
  const MatrixX<Wide> identity = MatrixX<Wide>::Identity(3, 3);
  const MatrixX<Wide> q =
      ((identity - 2 * v1 * v1.transpose() / 2) * (identity - 2 * v0 * v0.transpose() / 5)).leftCols(2);
  MatrixX<Wide> r(2, 2), r_tilde(2, 2);
  r << constrained(0.5L, -0.75L), -1.5L, 0, constrained(0.75L, 1.25L);
  r_tilde << -0.75L, 0.25L, 0, 1.25L;
  const VectorX<Wide> b = (VectorX<Wide>(2) << 0.125L, -0.5L).finished();
  MatrixX<Wide> values(2, 3), log_det(2, 1);
  for (Index i = 0; i < 2; ++i) {
    const VectorX<Wide> row = x.row(i).transpose().template cast<Wide>();
    const VectorX<Wide> a = r_tilde * q.transpose() * row + b, h = a.array().tanh();
    values.row(i) = (row + q * r * h).transpose();
    // The determinant of the whole D × D Jacobian, not of the theorem's M × M.
    const MatrixX<Wide> slopes = (1 - h.array().square()).matrix().asDiagonal();
    const MatrixX<Wide> jacobian = identity + q * r * slopes * r_tilde * q.transpose();
    log_det(i, 0) = std::log(jacobian.determinant());
  }
  const Wide epsilon = std::numeric_limits<S>::epsilon();
  contract::expect_close(result.values.template cast<Wide>(), values,
                         MatrixX<Wide>::Constant(2, 3, 16 * epsilon), "values");
  contract::expect_close(result.log_det.template cast<Wide>(), log_det,
                         MatrixX<Wide>::Constant(2, 1, 16 * epsilon), "log_det");
}

TEST_CASE("Sylvester of rank 1 is Planar along its direction") {
  // Reflections (1, 0) and (1 + 1, 1) take e₀ to Q = -(1 - 2·4/5, -2·2/5) = (0.6, 0.8).
  VectorX<double> theta(7);
  theta << 0, 0, 1, 1, 0.75, -1.5, 0.25;
  const VectorX<double> direction = (VectorX<double>(2) << 0.6, 0.8).finished();
  VectorX<double> planar(5);
  planar << 0.75 * direction, -1.5 * direction, 0.25;
  const MatrixX<double> x = contract::random_normal<double>(9, 2, 3);
  for (const Direction way : {Direction::forward, Direction::inverse}) {
    const auto got = contract::evaluate(contract::LayerSubject(ef::Sylvester<double>(2, 1)), way,
                                        {theta, x, MatrixX<double>(9, 0)});
    const auto expected = contract::evaluate(contract::LayerSubject(ef::Planar<double>(2)), way,
                                             {planar, x, MatrixX<double>(9, 0)});
    CHECK((got.values - expected.values).cwiseAbs().maxCoeff() < 1e-14);
    CHECK((got.log_det - expected.log_det).cwiseAbs().maxCoeff() < 1e-14);
  }
}

TEST_CASE("Sylvester with R = 0 is the identity") {
  const ef::Sylvester<double> layer(4, 3);
  VectorX<double> theta = contract::random_normal<double>(ef::parameter_count(layer), 1, 6);
  theta.segment(16, 6).setZero();
  const MatrixX<double> x = contract::random_normal<double>(5, 4, 7);
  for (const Direction way : {Direction::forward, Direction::inverse}) {
    const auto result =
        contract::evaluate(contract::LayerSubject(layer), way, {theta, x, MatrixX<double>(5, 0)});
    CHECK((result.values - x).cwiseAbs().maxCoeff() < 1e-14);
    CHECK(result.log_det.cwiseAbs().maxCoeff() < 1e-15);
  }
}

TEMPLATE_TEST_CASE("Sylvester: the inverse holds where the map nearly folds, and where it stretches", "",
                   float, double) {
  using S = TestType;
  const contract::LayerSubject layer(ef::Sylvester<S>(3, 3));
  for (const double along : {-1000.0, -30.0, -17.0, -1.0, 0.0, 30.0, 1000.0})
    for (const double b : {0.0, 1e-20, 30.0, -1e8}) {
      VectorX<S> theta = VectorX<S>::Zero(12 + 6 + 6 + 3);
      for (const Index i : {0, 3, 5}) {  // the diagonals
        theta[12 + i] = static_cast<S>(along);
        theta[18 + i] = 1;
      }
      theta[13] = S(0.5);
      theta[20] = S(-0.25);
      theta.tail(3).setConstant(static_cast<S>(b));
      MatrixX<S> y(6, 3);
      y << 0, 0, 0, 1, -1, S(0.5), S(1e-20), 0, S(-1e-20), 30, -3, S(0.1), 1000, 1000, -1000, S(0.999), -1, 1;
      const contract::Problem<S> problem{theta, y, MatrixX<S>(6, 0)};
      const auto generated = contract::evaluate(layer, Direction::inverse, problem);
      const auto returned = contract::evaluate(layer, Direction::forward, problem.at(generated.values));
      INFO("R_ii R̃_ii from " << along << ", b = " << b);
      contract::expect_no_nan<S>(generated.log_det, true, "log_det of the inverse");
      // The largest number on the way: features, R h, and a's terms seen through the slope of R h.
      const Wide largest =
          std::max({static_cast<Wide>(1 + std::abs(along)) * (1 + (std::abs(b) < 100 ? std::abs(b) : 0)),
                    Wide(generated.values.cwiseAbs().maxCoeff()), Wide(1000)});
      contract::expect_close(returned.values.template cast<Wide>(), y.template cast<Wide>(),
                             MatrixX<Wide>::Constant(6, 3, 64 * std::numeric_limits<S>::epsilon() * largest),
                             "f(f⁻¹(z)) = z");
    }
}

TEST_CASE("Sylvester says its rank and rejects one that is none") {
  CHECK(ef::Sylvester<float>(20).rank() == 8);
  CHECK(ef::Sylvester<float>(3).rank() == 3);
  CHECK(ef::Sylvester<float>(5, 2).describe() == "rank 2");
  for (const Index rank : {0, 4})
    CHECK_THROWS_WITH(ef::Sylvester<float>(3, rank),
                      ContainsSubstring("rank from 1 to 3, but got " + std::to_string(rank)));
}
