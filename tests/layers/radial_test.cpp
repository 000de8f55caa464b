#include "eigenflow/layers/radial.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using contract::Direction;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using Eigen::Index;

namespace {

Wide softplus(Wide a) {
  return a > 0 ? a + std::log1p(std::exp(-a)) : std::log1p(std::exp(a));
}

}  // namespace

TEST_CASE("Radial obeys the laws") {
  contract::check_layer("Radial",
                        []<class S, int D>(contract::Kind<S, D> kind) { return ef::Radial<S, D>(kind.dim); });
}

TEMPLATE_TEST_CASE("Radial is x + β̂/(α + r) (x - x₀) with Euclidean r", "", float, double) {
  const contract::LayerSubject radial(ef::Radial<TestType>(3));
  VectorX<TestType> theta(5);
  theta << TestType(0.5), -1, 2, TestType(0.25), TestType(-0.75);
  MatrixX<TestType> x(2, 3);
  x << 1, 1, 0, -2, TestType(0.5), 3;
  const auto result = contract::evaluate(radial, Direction::forward, {theta, x, MatrixX<TestType>(2, 0)});
  const Wide alpha = softplus(0.25L), beta = softplus(-0.75L) - alpha;
  MatrixX<Wide> values(2, 3), log_det(2, 1);
  for (Index i = 0; i < 2; ++i) {
    const VectorX<Wide> d = x.row(i).transpose().template cast<Wide>() - theta.head(3).template cast<Wide>();
    const Wide r = d.norm(), h = 1 / (alpha + r);
    values.row(i) = x.row(i).template cast<Wide>() + beta * h * d.transpose();
    // arXiv:1505.05770, eq. 14: (1 + βh)^(D-1) (1 + βh + βh'(r) r)
    log_det(i, 0) = 2 * std::log(1 + beta * h) + std::log(1 + beta * h - beta * h * h * r);
  }
  const Wide ulp = std::numeric_limits<TestType>::epsilon();
  contract::expect_close(result.values.template cast<Wide>(), values, MatrixX<Wide>::Constant(2, 3, 8 * ulp),
                         "values");
  contract::expect_close(result.log_det.template cast<Wide>(), log_det,
                         MatrixX<Wide>::Constant(2, 1, 16 * ulp), "log_det");
}

TEMPLATE_TEST_CASE("Radial is defined at its centre, very near and very far", "", float, double) {
  const contract::LayerSubject radial(ef::Radial<TestType>(2));
  VectorX<TestType> theta(4);
  theta << TestType(0.5), -1, 1, -2;
  const Wide alpha = softplus(1), s = softplus(-2);
  const TestType far = std::sqrt(std::numeric_limits<TestType>::max()) * 1000;
  MatrixX<TestType> x(3, 2);
  x << TestType(0.5), -1, far, far, -far, far;
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const auto result = contract::evaluate(radial, direction, {theta, x, MatrixX<TestType>(3, 0)});
    CHECK(result.values.row(0) == x.row(0));
    const Wide at_centre = 2 * std::log(s / alpha);
    CHECK(
        static_cast<double>(result.log_det[0]) ==
        Approx(static_cast<double>(direction == Direction::forward ? at_centre : -at_centre)).epsilon(1e-5));
    // Far out the shift β̂ (x - x₀)/(α + r) is a bounded step: no change to numbers of this size.
    CHECK(result.values.bottomRows(2) == x.bottomRows(2));
    CHECK(std::abs(result.log_det[1]) < 1e-6);
  }
  // Distances whose squares underflow.
  theta.head(2).setZero();
  const TestType tiny = std::sqrt(std::numeric_limits<TestType>::min()) / 1000;
  MatrixX<TestType> near(1, 2);
  near << tiny, -tiny;
  const auto result = contract::evaluate(radial, Direction::forward, {theta, near, MatrixX<TestType>(1, 0)});
  CHECK(static_cast<double>(result.values(0, 0) / tiny) ==
        Approx(static_cast<double>(s / alpha)).epsilon(1e-5));
}

TEST_CASE("Radial with α' = β' is the identity") {
  const contract::LayerSubject radial(ef::Radial<double>(3));
  VectorX<double> theta(5);
  theta << 1, 2, 3, -0.3, -0.3;
  const MatrixX<double> x = MatrixX<double>::Random(5, 3);
  const auto result = contract::evaluate(radial, Direction::inverse, {theta, x, MatrixX<double>(5, 0)});
  CHECK((result.values - x).cwiseAbs().maxCoeff() < 1e-15);
  CHECK(result.log_det.cwiseAbs().maxCoeff() < 1e-15);
}
