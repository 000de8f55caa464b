#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/sylvester.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
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

TEST_CASE("Planar obeys the laws") {
  contract::check_layer("Planar",
                        []<class S, int D>(contract::Kind<S, D> kind) { return ef::Planar<S, D>(kind.dim); });
}

namespace {

struct Plane {
  Wide along;   // wᵀu
  Wide across;  // the part of u that lies in the plane
  Wide size;    // ‖w‖
  Wide b;
};

// û, s and h by the formulas of the class comment, in long double.
template <class S>
struct Exact {
  VectorX<Wide> u, w, u_hat;
  Wide b, s, max_slope = 1;

  explicit Exact(const VectorX<S>& theta, Index dim)
      : u(theta.head(dim).template cast<Wide>()),
        w(theta.segment(dim, dim).template cast<Wide>()),
        u_hat(u),
        b(theta[2 * dim]) {
    const Wide wu = w.dot(u), a = wu + std::log(std::numbers::e_v<Wide> - 1);
    s = a > 0 ? a + std::log1p(std::exp(-a)) : std::log1p(std::exp(a));
    if (w.norm() > 0) u_hat += (s - 1 - wu) * w / w.squaredNorm();
  }
};

template <class S>
VectorX<S> theta_of(const Plane& plane) {
  // w along (0.6, 0.8) and u = along · w/‖w‖² + across · (-0.8, 0.6).
  VectorX<S> theta(5);
  const Wide inverse = plane.size > 0 ? plane.along / plane.size : Wide(0);
  theta << static_cast<S>(0.6L * inverse - 0.8L * plane.across),
      static_cast<S>(0.8L * inverse + 0.6L * plane.across), static_cast<S>(0.6L * plane.size),
      static_cast<S>(0.8L * plane.size), static_cast<S>(plane.b);
  return theta;
}

std::vector<Plane> hard_planes() {
  std::vector<Plane> planes;
  for (const Wide along : {-1000.0L, -100.0L, -30.0L, -17.0L, -1.0L, 0.0L, 1.0L, 30.0L})
    for (const Wide b : {0.0L, 1e-20L, -1e-20L, 0.7L, 30.0L, 1e8L, -1e8L})
      planes.push_back({along, 0.3L, 1, b});
  for (const Wide size : {0.0L, 1e-20L, 1e-3L, 1e3L})
    for (const Wide b : {0.0L, 0.5L}) planes.push_back({-0.5L, 0.3L, size, b});
  for (const Wide b : {0.0L, 0.5L, -1e8L}) planes.push_back({1, 1e6L, 1, b});
  planes.push_back({1e6L, 1, 1, 0.1L});
  planes.push_back({-1e6L, 1, 1, 0.1L});
  return planes;
}

template <class S>
MatrixX<S> hard_points() {
  // Along w, within the plane wᵀy = 0, and askew.
  const std::vector<double> sizes{0, 1e-20, -1e-20, 1e-3, -0.5, 0.9999, 1, -1, 1.5, -3, 30, -1e4, 1e4};
  MatrixX<S> points(3 * static_cast<Index>(sizes.size()), 2);
  Index row = 0;
  for (const double size : sizes) {
    points.row(row++) << S(0.6 * size), S(0.8 * size);
    points.row(row++) << S(-0.8 * size), S(0.6 * size);
    points.row(row++) << S(size), S(0.1);
  }
  return points;
}

/// Residual within 32 ulp of the largest intermediate and a finite log_det, for every plane and point.
/// `slope` is h' at a point, in long double.
template <class S, class Monotone, class Slope>
void check_hard_grid(const Slope& slope) {
  const contract::LayerSubject planar(ef::Planar<S, Eigen::Dynamic, Monotone>(2));
  Wide worst = 0;
  for (const Plane& plane : hard_planes()) {
    const contract::Problem<S> problem{theta_of<S>(plane), hard_points<S>(),
                                       MatrixX<S>(hard_points<S>().rows(), 0)};
    const auto generated = contract::evaluate(planar, Direction::inverse, problem);
    const auto returned = contract::evaluate(planar, Direction::forward, problem.at(generated.values));
    INFO("wᵀu = " << double(plane.along) << ", across " << double(plane.across)
                  << ", ‖w‖ = " << double(plane.size) << ", b = " << double(plane.b));
    contract::expect_no_nan<S>(generated.log_det, true, "log_det of the inverse");
    contract::expect_no_nan<S>(returned.log_det, true, "log_det of f(f⁻¹(z))");

    const Exact<S> exact(problem.theta, 2);
    const MatrixX<Wide> y = problem.x.template cast<Wide>(), x = generated.values.template cast<Wide>();
    MatrixX<Wide> tolerance(y.rows(), 2);
    for (Index i = 0; i < y.rows(); ++i) {
      // The largest number that is added on the way: features, û h (their difference) and, next to the curve
      // of h, the terms of wᵀx + b seen through its slope.
      const Wide terms =
          std::max(exact.w.cwiseProduct(x.row(i).transpose()).cwiseAbs().maxCoeff(), std::abs(exact.b));
      const Wide a = exact.w.dot(x.row(i)) + exact.b;
      const Wide largest = std::max({x.row(i).cwiseAbs().maxCoeff(), y.row(i).cwiseAbs().maxCoeff(),
                                     exact.u_hat.cwiseAbs().maxCoeff() * slope(a) * terms,
                                     static_cast<Wide>(std::numeric_limits<S>::min())});
      tolerance.row(i).setConstant(32 * std::numeric_limits<S>::epsilon() * largest);
      worst =
          std::max(worst, (returned.values.row(i).template cast<Wide>() - y.row(i)).cwiseAbs().maxCoeff() /
                              (std::numeric_limits<S>::epsilon() * largest));
    }
    contract::expect_close(returned.values.template cast<Wide>(), y, tolerance, "f(f⁻¹(z)) = z");
  }
  CHECK(worst <= 32);
}

Wide sech_squared(Wide a) {
  const Wide e = std::exp(-2 * std::abs(a));
  return 4 * e / ((1 + e) * (1 + e));
}

}  // namespace

TEMPLATE_TEST_CASE("Planar: the inverse is exact to 32 ulp on the hard grid, for every h", "", float,
                   double) {
  check_hard_grid<TestType, ef::Tanh>(sech_squared);
  check_hard_grid<TestType, ef::Softsign>([](Wide a) { return 1 / ((1 + std::abs(a)) * (1 + std::abs(a))); });
  check_hard_grid<TestType, ef::LeakyRelu>([](Wide) { return Wide(1); });
}

TEMPLATE_TEST_CASE("Planar: log_det keeps its digits where the textbook's form has none left", "", float,
                   double) {
  const contract::LayerSubject planar(ef::Planar<TestType>(2));
  for (const Wide along : {-17.0L, -20.0L, -40.0L, -70.0L}) {
    VectorX<TestType> theta(5);
    theta << static_cast<TestType>(along), TestType(0.25), 1, 0, 0;
    MatrixX<TestType> x(4, 2);
    x << 0, 1, TestType(1e-4), 1, TestType(0.03), 0, 2, 0;
    const auto result = contract::evaluate(planar, Direction::forward, {theta, x, MatrixX<TestType>(4, 0)});
    const Exact<TestType> exact(theta, 2);
    MatrixX<Wide> expected(4, 1);
    for (Index i = 0; i < 4; ++i) {
      const Wide a = x(i, 0), slope = sech_squared(a);
      expected(i, 0) = std::log(std::tanh(a) * std::tanh(a) + exact.s * slope);
    }
    // log_det = log s + ... with s = softplus(wᵀu + ...): a relative rounding of wᵀu counts |wᵀu| times.
    const Wide ulp = std::numeric_limits<TestType>::epsilon();
    contract::expect_close(result.log_det.template cast<Wide>(), expected,
                           MatrixX<Wide>::Constant(4, 1, 8 * ulp * std::abs(along)),
                           "log_det at a hard plane");
  }
}

TEST_CASE("Planar is x + û tanh(wᵀx + b) with the paper's û") {
  const contract::LayerSubject planar(ef::Planar<double>(2));
  VectorX<double> theta(5);
  theta << 0.5, -1.25, 1.5, 0.75, -0.25;
  MatrixX<double> x(2, 2);
  x << 1, 2, -0.5, 0.25;
  const Exact<double> exact(theta, 2);
  const MatrixX<Wide> wide = x.cast<Wide>();
  MatrixX<Wide> expected = wide;
  for (Index i = 0; i < 2; ++i)
    expected.row(i) += exact.u_hat * std::tanh(exact.w.dot(wide.row(i)) + exact.b);
  const auto result = contract::evaluate(planar, Direction::forward, {theta, x, MatrixX<double>(2, 0)});
  contract::expect_close(result.values.cast<Wide>(), expected, MatrixX<Wide>::Constant(2, 2, 4e-16L),
                         "values");

  theta.head(2).setZero();
  const auto identity = contract::evaluate(planar, Direction::forward, {theta, x, MatrixX<double>(2, 0)});
  CHECK((identity.values - x).cwiseAbs().maxCoeff() <= 1e-15);
  CHECK(identity.log_det.cwiseAbs().maxCoeff() <= 1e-15);
}

TEST_CASE("Planar with w = 0 is a translation") {
  const contract::LayerSubject planar(ef::Planar<double>(2));
  VectorX<double> theta(5);
  theta << 3, -2, 0, 0, 0.5;
  const MatrixX<double> x = MatrixX<double>::Random(3, 2);
  const auto result = contract::evaluate(planar, Direction::forward, {theta, x, MatrixX<double>(3, 0)});
  for (Index i = 0; i < 3; ++i) {
    CHECK(result.values(i, 0) - x(i, 0) == Approx(3 * std::tanh(0.5)).epsilon(1e-14));
    CHECK(result.values(i, 1) - x(i, 1) == Approx(-2 * std::tanh(0.5)).epsilon(1e-14));
    CHECK(std::abs(result.log_det[i]) <= 4e-16);
  }
}

namespace {

/// A planar flow of normflows: its parameters, and the values and log_dets that it computed at four points.
struct Normflows {
  Eigen::Vector3d u, w;
  double b;
  std::vector<double> values, log_det;

  /// u + (softplus(wᵀu) - 1 - wᵀu) w/‖w‖²: its constraint, which is not the identity at u = 0 as ours is.
  Eigen::Vector3d u_hat() const {
    const double wu = w.dot(u);
    return u + (std::log(1 + std::exp(wu)) - 1 - wu) / w.squaredNorm() * w;
  }
};

template <class Monotone>
void check_normflows(Monotone h, const Normflows& flow) {
  const ef::Planar<double, Eigen::Dynamic, Monotone> planar(3, h);
  golden::check(planar, planar.parameters_from(flow.u_hat(), flow.w, flow.b),
                {{1, -2, 0.5, 0.25, 0.75, -1.5, 0, 0, 0, 14, -9, 21}, flow.values, flow.log_det}, 1e-10);
}

}  // namespace

// normflows 1.7.3 (PyTorch 2.13), normflows.flows.Planar((3,), act, u, w, b) in float64. Its z → x is our
// forward: f(x) = x + û h(wᵀx + b).
TEST_CASE("Planar gives the values of normflows") {
  const Eigen::Vector3d u(0.7, -1.25, 0.5), w(1.5, 0.75, -0.5);
  check_normflows(ef::Tanh(),
                  {u,
                   w,
                   -0.25,
                   {0.7298764280319237, -1.3956743343680227, 0.2511552753320183, 0.7721026135398152,
                    -0.41805803787065465, -1.0190257548863473, -0.14316348763677134, 0.3202881160275489,
                    -0.13188585655046292, 14.583469743389367, -10.305349764483234, 21.537507210451757},
                   {-0.3474814070896127, -0.07847142482756263, -0.43209524741154, -0.0013598530826185692}});
  check_normflows(ef::LeakyRelu{0.2},
                  {u,
                   w,
                   -0.25,
                   {0.9415465174308403, -1.8692267412845798, 0.44615116085638656, 1.0902688119316715,
                    -1.1298655940341642, -0.7259229373105571, -0.029226741284579878, 0.06538662935771006,
                    -0.026924419571806708, 16.04587188992059, -13.577064055039704, 22.88470937002647},
                   {-0.07758137537363737, -0.4671938165434271, -0.07758137537363737, -0.4671938165434271}});
  // Close to the fold: 1 + wᵀû = 0.05.
  check_normflows(
      ef::Tanh(),
      {{-2, 0.5, 1.5},
       {0.875, -1.25, -0.375},
       0.5,
       {-0.29336567176315875, -2.5065248935929714, 1.696351429695213, -0.17840933165672396,
        0.5822206968460539, -1.103725282329786, -0.5984361094865088, -0.2343674285607246, 0.5535479337327956,
        12.705012137972217, -9.50716019710312, 22.197851940869036},
       {-0.0023772929477341204, -1.861545445955269, -1.3697695684529345, -3.7414515929868476e-14}});
}

TEMPLATE_TEST_CASE("Planar: parameters_from gives the map that was asked for", "", float, double) {
  const ef::Planar<TestType> planar(2);
  const contract::LayerSubject subject(planar);
  // wᵀû from nearly folding to far stretched, and w so small that its square underflows.
  for (const Wide size : {0.0L, 1e-30L, 1.0L, 50.0L}) {
    for (const Wide along : {-0.999L, -0.5L, 0.0L, 1e-4L, 3.0L, 200.0L}) {
      if (size < 1 && along != 0) continue;
      const VectorX<TestType> wanted = theta_of<TestType>({along, 0.3L, size, -0.4L});
      const auto theta = planar.parameters_from(wanted.head(2), wanted.segment(2, 2), wanted[4]);
      const Exact<TestType> exact(theta, 2);
      INFO("wᵀû = " << double(along) << ", ‖w‖ = " << double(size));
      CHECK(theta.tail(3) == wanted.tail(3));
      const Wide ulp = std::numeric_limits<TestType>::epsilon();
      const Wide large = 1 + exact.u.cwiseAbs().maxCoeff();  // u is far out where the map nearly folds
      contract::expect_close(exact.u_hat, wanted.head(2).template cast<Wide>(),
                             VectorX<Wide>::Constant(2, 16 * ulp * large), "û of theta");
    }
  }
}

TEST_CASE("Planar: parameters_from rejects parameters that are not a bijection, and wrong sizes") {
  const ef::Planar<double> planar(2);
  const Eigen::Vector2d w(1, 2);
  CHECK_THROWS_WITH(planar.parameters_from(Eigen::Vector2d(-0.5, -0.25), w, 0.0),
                    ContainsSubstring("wᵀu = -1 is not invertible: wᵀu must be above"));
  CHECK_THROWS_WITH(planar.parameters_from(Eigen::Vector3d(1, 2, 3), w, 0.0),
                    ContainsSubstring("of 2 features needs a u and a w of as many, but got 3 and 2"));
  CHECK_THROWS_WITH(
      planar.parameters_from(w, Eigen::Vector2d(0, std::numeric_limits<double>::infinity()), 0.0),
      ContainsSubstring("must be finite"));
  CHECK_THROWS_WITH(planar.parameters_from(w, w, std::numeric_limits<double>::quiet_NaN()),
                    ContainsSubstring("must be finite"));
}

TEST_CASE("an h whose slopes are none is rejected, by Planar and by Sylvester") {
  const auto refused = [](double slope, const char* sentence) {
    CHECK_THROWS_WITH((ef::Planar<double, 2, ef::LeakyRelu>(2, ef::LeakyRelu{slope})),
                      ContainsSubstring(sentence));
    CHECK_THROWS_WITH((ef::Sylvester<double, 2, ef::LeakyRelu>(2, 1, ef::LeakyRelu{slope})),
                      ContainsSubstring(sentence));
  };
  refused(3, "but its slopes are from 3 to 1");
  refused(-0.1, "but its slopes are from -0.1 to 1");
  refused(std::numeric_limits<double>::quiet_NaN(), "slopes of 0 or more");
}
