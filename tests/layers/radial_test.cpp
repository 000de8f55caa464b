#include "eigenflow/layers/radial.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/engine.hpp"
#include "support/golden_points.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
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

// normflows 1.7.3 (PyTorch 2.13), normflows.flows.Radial((3,), z_0) in float64 with its alpha and beta set; there
// α = |alpha| and β̂ = softplus(beta) - |alpha|. Its z → x is our forward.
TEST_CASE("Radial gives the values of normflows") {
  struct Golden {
    Eigen::Vector3d centre;
    double alpha, beta;
    std::vector<double> values, log_det;
  };
  const std::vector<Golden> expansion_and_contraction{
      {{0.5, -1, 2},
       0.625,
       1.25,
       {1.1756789405596852, -2.3513578811193705, -0.027036821679055745, 0.20177571426914317,
        1.0875700001159978, -2.1751400002319956, -0.1503502272767353, 0.3007004545534706, -0.6014009091069412,
        14.468529505329101, -9.277647114269097, 21.659411896389106},
       {0.6865483852495944, 0.37894390563435437, 0.58825862897372, 0.06909253814030712}},
      {{-0.25, 0.75, 0.5},
       -1.5,
       -2,
       {0.620342725732703, -1.1647539966119465, 0.5, 0.057236890603041546, 0.75, -0.7289475624121662,
        -0.14094849925857797, 0.4228454977757339, 0.28189699851715594, 13.308673685131337, -8.526987258247757,
        20.00546038913631},
       {-0.8302477263051071, -1.151156838289648, -2.085838223574862, -0.10203538218066606}}};
  const ef::Radial<double> radial(3);
  for (const Golden& flow : expansion_and_contraction) {
    const double alpha = std::abs(flow.alpha), beta_hat = std::log(1 + std::exp(flow.beta)) - alpha;
    golden::check(radial, radial.parameters_from(flow.centre, alpha, beta_hat),
                  {{1, -2, 0.5, 0.25, 0.75, -1.5, 0, 0, 0, 14, -9, 21}, flow.values, flow.log_det});
  }
}

TEST_CASE("Radial: parameters_from keeps its digits, and rejects parameters that are not a bijection") {
  const ef::Radial<double> radial(2);
  const Eigen::Vector2d centre(3, -1);
  for (const double alpha : {1e-12, 0.5, 1.0, 800.0}) {
    for (const double s : {1e-12, 0.25, 1.0, 1e6}) {
      const volatile double beta = s - alpha;  // rounded, under -ffast-math too
      const auto theta = radial.parameters_from(centre, alpha, beta);
      INFO("alpha = " << alpha << ", s = " << s);
      CHECK(theta.head(2) == centre);
      CHECK(static_cast<double>(softplus(static_cast<Wide>(theta[2]))) == Approx(alpha).epsilon(1e-14));
      CHECK(static_cast<double>(softplus(static_cast<Wide>(theta[3]))) ==
            Approx(alpha + beta).epsilon(1e-14));
    }
  }
  CHECK_THROWS_WITH(radial.parameters_from(centre, 0.0, 1.0),
                    ContainsSubstring("alpha > 0 and beta > -alpha, but got alpha = 0 and beta = 1"));
  CHECK_THROWS_WITH(radial.parameters_from(centre, 1.0, -1.0), ContainsSubstring("and beta = -1"));
  CHECK_THROWS_WITH(radial.parameters_from(Eigen::Vector3d(1, 2, 3), 1.0, 1.0),
                    ContainsSubstring("of 2 features needs a centre of as many, but got 3"));
  CHECK_THROWS_WITH(radial.parameters_from(centre, std::numeric_limits<double>::infinity(), 0.0),
                    ContainsSubstring("must be finite"));
}
