#include "eigenflow/transformers/line_or_circle.hpp"

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/bases/with_circles.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/columns.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/elementwise.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "eigenflow/layers/support.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::RowVector3d;

namespace {

constexpr double pi = std::numbers::pi;
const ef::MlpOptions small{.hidden = {4}, .activation = ef::Activation::tanh};
const ef::SplineOptions bins{.bins = 3};

using Coupling = ef::CircularSplineCoupling<double>;
using Autoregressive = ef::CircularSplineAutoregressive<double>;

void randomise(Eigen::Ref<Eigen::VectorXd> theta, double size) {
  ef::Rng rng(12);
  rng.fill_normal(theta);
  theta *= size;
}

// pt, an angle in degrees, eta: layers whose networks all see the angle.
template <class Layers>
auto flow_of(const Layers& layers) {
  ef::Rng rng(1);
  ef::Flow flow{ef::Chain{ef::Support<double>({ef::positive(), ef::circle(0, 360), ef::real()}), layers},
                ef::WithCircles(3, {1}, ef::StandardNormal<double>(2)), rng};
  randomise(flow.parameters(), 0.5);
  return flow;
}
auto autoregressive_flow() {
  return flow_of(ef::Stack(2, [](Index i) {
    return Autoregressive(3, i == 0 ? ef::in_order(3) : ef::List<Index>{1, 2, 0},
                          {.hidden = {8}, .activation = ef::Activation::silu},
                          ef::circular_spline<double>({1}, {.bins = 5}));
  }));
}
auto coupling_flow() {
  return flow_of(ef::Stack(3, [](Index i) {
    // pt and eta given the angle, then the others.
    const std::vector<ef::List<Index>> orders{{1, 0, 2}, {0, 1, 2}, {2, 1, 0}};
    const Index place = i == 0 ? 0 : 1;
    return ef::Columns(3, orders[static_cast<std::size_t>(i)],
                       Coupling(3, 1, {.hidden = {8}, .activation = ef::Activation::silu},
                                ef::circular_spline<double>({place}, {.bins = 5})));
  }));
}

template <class Flow>
void check_circle(const Flow& flow) {
  // The same density however often the angle goes round, and the same gradient.
  MatrixXd x(4, 3);
  x << 0.7, 10, -1, 1.4, 200, 0.3, 2, 359, 1, 0.2, 90, -0.4;
  const auto at = flow.log_prob_and_grad(x);
  for (const double turns : {-2.0, 1.0, 5.0}) {
    MatrixXd turned = x;
    turned.col(1).array() += 360 * turns;
    const auto again = flow.log_prob_and_grad(turned);
    CHECK((again.log_prob - at.log_prob).cwiseAbs().maxCoeff() < 1e-11);
    CHECK((again.grad - at.grad).cwiseAbs().maxCoeff() < 1e-10);
  }
  // It goes across the cut without a jump, and so does its gradient.
  MatrixXd cut(2, 3);
  cut << 0.7, 360 - 1e-8, -1, 0.7, 1e-8, -1;
  const auto sides = flow.log_prob_and_grad(cut);
  CHECK(sides.grad.row(0).cwiseAbs().minCoeff() > 1e-4);  // all features depend on the angle
  CHECK(std::abs(sides.log_prob[0] - sides.log_prob[1]) < 1e-7);
  CHECK((sides.grad.row(0) - sides.grad.row(1)).cwiseAbs().maxCoeff() < 1e-6);
  // Both directions are one map, and samples are in the range of the data.
  const auto z = flow.forward(x);
  const auto back = flow.inverse(z.z);
  CHECK((back.x - x).cwiseAbs().maxCoeff() < 1e-10);
  CHECK((back.log_det + z.log_det).cwiseAbs().maxCoeff() < 1e-10);
  ef::Rng rng(4);
  const auto samples = flow.sample_and_log_prob(2000, rng);
  CHECK(samples.x.col(1).minCoeff() >= 0);
  CHECK(samples.x.col(1).minCoeff() < 20);
  CHECK(samples.x.col(1).maxCoeff() < 360);
  CHECK(samples.x.col(1).maxCoeff() > 340);
  CHECK((flow.log_prob(samples.x) - samples.log_prob).cwiseAbs().maxCoeff() < 1e-6);
}

}  // namespace

TEST_CASE("a coupling with circles on both sides obeys the laws") {
  contract::check_layer<4>("circular coupling", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::CircularSplineCoupling<S, D>(kind.dim, 2, small, ef::circular_spline<S>({3, 0}, bins));
  });
}

TEST_CASE("a coupling with circles and a context obeys the laws") {
  contract::check_layer<3>("circular coupling with context", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::CircularSplineCoupling<S, D>(kind.dim, 2, small, ef::circular_spline<S>({0, 1}, bins), 1);
  });
}

TEST_CASE("an autoregressive layer with circles obeys the laws") {
  contract::check_layer<1, 3>("circular autoregressive", []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::List<Index> order = kind.dim == 3 ? ef::List<Index>{2, 0, 1} : ef::List<Index>{0};
    const ef::List<Index> circles = kind.dim == 3 ? ef::List<Index>{0, 2} : ef::List<Index>{0};
    return ef::CircularSplineAutoregressive<S, D>(kind.dim, order, small,
                                                  ef::circular_spline<S>(circles, bins));
  });
}

TEST_CASE("an autoregressive residual net with circles and a context obeys the laws") {
  contract::check_layer<4>(
      "circular autoregressive with context", []<class S, int D>(contract::Kind<S, D> kind) {
        return ef::Autoregressive<ef::CircularSpline<S>, ef::MaskedResidualNet<S>, D>(
            kind.dim, {1, 3, 0, 2}, {.width = 4, .blocks = 1, .activation = ef::Activation::silu},
            ef::circular_spline<S>({1, 2}, {.bins = 4}), 2);
      });
}

TEST_CASE("an Elementwise with a circle obeys the laws, and so does an affine map beside it") {
  contract::check_layer<2>("Elementwise with a circle", []<class S, int D>(contract::Kind<S, D> kind) {
    using Circle = ef::RationalQuadraticSpline<S, ef::SplineTails::periodic>;
    using T = ef::LineOrCircle<ef::Affine<S>, Circle>;
    return ef::Elementwise<T, D>(kind.dim, T({1}, {}, Circle(ef::on_circle(bins))));
  });
}

TEST_CASE("a feature that is no circle is transformed as by the spline for the line alone") {
  const ef::RationalQuadraticSpline<double> spline(bins);
  const ef::Elementwise<ef::RationalQuadraticSpline<double>> alone(1, spline);
  const ef::Elementwise<ef::CircularSpline<double>> both(2, ef::circular_spline<double>({0}, bins));
  ef::Rng rng(1);
  ef::Flow one{alone, rng};
  ef::Flow two{both, ef::WithCircles(2, {0}, ef::StandardNormal<double>(1)), rng};
  randomise(one.parameters(), 1);
  two.parameters().segment(both.transformer().parameters(), alone.transformer().parameters()) =
      one.parameters();
  MatrixXd x(3, 2);
  x << 0.3, -1.2, 2, 0.4, -3, 2.2;
  CHECK(two.forward(x).z.col(1) == one.forward(x.rightCols(1)).z);
  CHECK((two.log_prob(x).array() + std::log(2 * pi) - one.log_prob(x.rightCols(1)).array()).abs().maxCoeff() <
        1e-14);
}

TEST_CASE(
    "densities on a circle and two lines are periodic, smooth across the cut, and sample within the range") {
  SECTION("autoregressive") {
    check_circle(autoregressive_flow());
  }
  SECTION("coupling") {
    check_circle(coupling_flow());
  }
}

TEST_CASE("the mass of a density on a circle and a line is one") {
  ef::Rng rng(1);
  const auto check = [&](auto layer) {
    ef::Flow flow{ef::Chain{ef::Support<double>({ef::real(), ef::circle(-1, 3)}), layer},
                  ef::WithCircles(2, {1}, ef::StandardNormal<double>(1)), rng};
    randomise(flow.parameters(), 0.7);
    // Midpoints; the rule converges fast on the circle and as the square of the step at the knots.
    const Index lines = 1000, points = 800;
    const double reach = 9, along = 2 * reach / lines, around = 4.0 / points;
    MatrixXd x(points, 2);
    double sum = 0, least = 1, most = 0;
    for (Index i = 0; i < lines; ++i) {
      x.col(0).setConstant(-reach + (static_cast<double>(i) + 0.5) * along);
      for (Index k = 0; k < points; ++k) x(k, 1) = -1 + (static_cast<double>(k) + 0.5) * around;
      const Eigen::ArrayXd p = flow.log_prob(x).array().exp();
      sum += p.sum() * along * around;
      least = std::min(least, p.minCoeff());
      most = std::max(most, p.maxCoeff());
    }
    CHECK(sum == Approx(1).epsilon(1e-4));
    CHECK(most > 0.2);
  };
  SECTION("autoregressive") {
    check(Autoregressive(2, {1, 0}, small, ef::circular_spline<double>({1}, {.bins = 5})));
  }
  SECTION("coupling") {
    check(Coupling(2, 1, small, ef::circular_spline<double>({1}, {.bins = 5})));
  }
}

TEST_CASE("angles given from 0 to 2 pi or from -pi to pi are learned alike") {
  // x1 = x0 + 1 + noise, round the circle: log p = -log 2π - the entropy of the noise.
  const double exact = std::log(2 * pi) + 0.5 * std::log(2 * pi * std::exp(1) * 0.09);
  double losses[2];
  for (const bool from_zero : {false, true}) {
    const double low = from_zero ? 0 : -pi;
    ef::Rng rng(2);
    MatrixXd x(4000, 2);
    for (Index i = 0; i < x.rows(); ++i) {
      const double a = 2 * pi * rng.uniform();
      x.row(i) << a, a + 1 + 0.3 * rng.normal<double>();
    }
    x = x.unaryExpr([&](double a) { return a - 2 * pi * std::floor((a - low) / (2 * pi)); });
    ef::Flow flow{ef::Chain{ef::Support<double>(2, ef::circle(low, low + 2 * pi)),
                            Autoregressive(2, {0, 1}, {.hidden = {32}, .activation = ef::Activation::silu},
                                           ef::circular_spline<double>({0, 1}, {.bins = 8}))},
                  ef::Uniform<double>(Eigen::Vector2d(-pi, -pi), Eigen::Vector2d(pi, pi)), rng};
    ef::fit(flow, x,
            {.steps = 800,
             .batch_size = 256,
             .learning_rate = 5e-3,
             .schedule = ef::cosine_schedule(),
             .progress = false});
    losses[from_zero] = -flow.log_prob(x).mean();
    const MatrixXd samples = flow.sample(4000, rng);
    const Eigen::ArrayXd apart = (samples.col(1) - samples.col(0)).array() - 1;
    // Farther than 60°; the data: 0.0005. The rotation that follows x0 is a real number, so it must jump by 2π somewhere
    // on the circle of x0, and a network crosses that jump on a finite width: about 1 % of the samples.
    CHECK((apart.cos() < 0.5).cast<double>().mean() < 0.02);
    CHECK(apart.cos().mean() > 0.93);  // exp(-0.09/2) = 0.956
  }
  CHECK(losses[0] < exact + 0.05);
  CHECK(losses[1] < exact + 0.05);
}

TEST_CASE("a network reads an angle within its period, also where all features are periodic splines") {
  using Spline = ef::RationalQuadraticSpline<double, ef::SplineTails::periodic>;
  const Spline spline({.bins = 4, .bound = pi, .rotate = true});
  const auto check = [](const auto& layer) {
    ef::Rng rng(1);
    ef::Flow flow{ef::Stack(2, ef::Chain{layer, ef::Permutation<double>::reverse(2)}),
                  ef::Uniform<double>(Eigen::Vector2d(-pi, -pi), Eigen::Vector2d(pi, pi)), rng};
    randomise(flow.parameters(), 1);
    MatrixXd x = MatrixXd::Random(50, 2) * pi, turned = x;
    turned.col(0).array() += 2 * pi;
    turned.col(1).array() -= 4 * pi;
    const auto here = flow.log_prob_and_grad(x), there = flow.log_prob_and_grad(turned);
    CHECK((here.log_prob - there.log_prob).cwiseAbs().maxCoeff() < 1e-9);
    CHECK((here.grad - there.grad).cwiseAbs().maxCoeff() < 1e-9);
    CHECK((flow.log_prob(turned) - here.log_prob).cwiseAbs().maxCoeff() < 1e-9);
  };
  check(ef::Coupling<Spline, ef::Mlp<double>>(2, 1, small, spline));
  check(ef::Autoregressive<Spline, ef::MaskedMlp<double>>(2, {0, 1}, small, spline));
}

TEST_CASE("circles that are no features are rejected") {
  CHECK_THROWS_WITH(ef::circular_spline<double>({0, 1, 0}),
                    ContainsSubstring("feature 0 is named twice among the circles"));
  CHECK_THROWS_WITH(ef::circular_spline<double>({-1}), ContainsSubstring("feature -1 is to be a circle"));
  const std::string beyond = "feature 2 is to be a circle, but the layer has the features 0 to 1";
  const auto spline = ef::circular_spline<double>({2});
  using Line = ef::RationalQuadraticSpline<double>;
  using Circle = ef::RationalQuadraticSpline<double, ef::SplineTails::periodic>;
  CHECK_THROWS_WITH((ef::LineOrCircle<Line, Circle>({0}, Line(bins), Circle(bins))),
                    ContainsSubstring("its spline has the bound 3: make its options with on_circle"));
  CHECK_THROWS_WITH(Coupling(2, 1, small, spline), ContainsSubstring(beyond));
  CHECK_THROWS_WITH(Autoregressive(2, {0, 1}, small, spline), ContainsSubstring(beyond));
  CHECK_THROWS_WITH(ef::Elementwise<ef::CircularSpline<double>>(2, spline), ContainsSubstring(beyond));
}
