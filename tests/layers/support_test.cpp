#include "eigenflow/layers/support.hpp"
#include "eigenflow/layers/standardize.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "eigenflow/fit.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using Eigen::Index;

namespace {

// Every kind in turn, with edges that normal draws stay away from.
template <class S, int D>
ef::Support<S, D> mixed(Index dim, int first = 0) {
  const std::vector<ef::FeatureSupport> kinds{ef::interval(-8, 9),
                                              ef::above(-7),
                                              ef::below(6.5),
                                              ef::real(),
                                              ef::above(-9, ef::HalfLineMap::softplus),
                                              ef::below(8, ef::HalfLineMap::softplus),
                                              ef::circle(-7.5, 9)};
  std::vector<ef::FeatureSupport> features;
  for (Index j = 0; j < dim; ++j)
    features.push_back(kinds[static_cast<std::size_t>(j + first) % kinds.size()]);
  return ef::Support<S, D>(features);
}

template <class S>
contract::Evaluation<S> run(const ef::Support<S>& layer, Direction direction, const MatrixX<S>& x) {
  return contract::evaluate(contract::LayerSubject(layer), direction,
                            {VectorX<S>(0), x, MatrixX<S>(x.rows(), 0)});
}

template <class S>
void check_close(const MatrixX<S>& got, const MatrixX<Wide>& expected, Wide ulps, const std::string& what) {
  const MatrixX<Wide> size = 1 + expected.array().abs();
  contract::expect_close(got.template cast<Wide>(), expected, ulps * std::numeric_limits<S>::epsilon() * size,
                         what);
}

}  // namespace

TEST_CASE("Support obeys the laws") {
  contract::check_layer("Support",
                        []<class S, int D>(contract::Kind<S, D> kind) { return mixed<S, D>(kind.dim); });
}

TEST_CASE("each map of Support alone obeys the laws") {
  for (int first = 1; first < 7; ++first)
    contract::check_layer<1>(
        "Support, kind " + std::to_string(first),
        [&]<class S, int D>(contract::Kind<S, D> kind) { return mixed<S, D>(kind.dim, first); });
}

TEST_CASE("Sigmoid obeys the laws") {
  contract::check_layer<2>("Sigmoid", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Sigmoid<S, D>(ef::Logit<S, D>(kind.dim, -6, 7));
  });
}

TEMPLATE_TEST_CASE("Support: z and log_det are exact, and so is x, next to both edges", "", float, double) {
  using S = TestType;
  std::vector<S> distances;  // from an edge, down to where the type ends
  for (S d = S(0.5); d > 16 * std::numeric_limits<S>::min(); d *= S(0.37)) distances.push_back(d);
  const Index count = static_cast<Index>(distances.size());
  const Eigen::Map<const VectorX<S>> d(distances.data(), count);
  const VectorX<Wide> wide = d.template cast<Wide>();

  const auto check = [&](const ef::FeatureSupport& feature, const MatrixX<S>& x, const auto& z_of,
                         const auto& log_det_of, const std::string& what) {
    const ef::Support<S> layer(1, feature);
    const MatrixX<Wide> z = x.template cast<Wide>().unaryExpr(z_of),
                        log_det = x.template cast<Wide>().unaryExpr(log_det_of);
    const auto forward = run(layer, Direction::forward, x);
    check_close<S>(forward.values, z, 2, what + ": z");
    check_close<S>(forward.log_det, log_det, 2, what + ": log_det");
    const auto inverse = run<S>(layer, Direction::inverse, forward.values);
    const MatrixX<Wide> expected = x.template cast<Wide>();
    // z is itself rounded, by |z| epsilon at most: so is log x.
    const MatrixX<Wide> tolerance =
        4 * std::numeric_limits<S>::epsilon() * expected.array().abs() * (2 + z.array().abs());
    contract::expect_close(inverse.values.template cast<Wide>(), expected, tolerance, what + ": x");
  };
  check(
      ef::interval(0, 1), d, [](Wide x) { return std::log(x) - std::log1p(-x); },
      [](Wide x) { return -std::log(x) - std::log1p(-x); }, "low end of an interval");
  check(
      ef::interval(-1, 0), -d, [](Wide x) { return std::log1p(x) - std::log(-x); },
      [](Wide x) { return -std::log(-x) - std::log1p(x); }, "high end of an interval");
  check(
      ef::positive(), d, [](Wide x) { return std::log(x); }, [](Wide x) { return -std::log(x); }, "log");
  check(
      ef::below(0), -d, [](Wide x) { return -std::log(-x); }, [](Wide x) { return -std::log(-x); },
      "log below");
  check(
      ef::positive(ef::HalfLineMap::softplus), d, [](Wide x) { return std::log(std::expm1(x)); },
      [](Wide x) { return -std::log(-std::expm1(-x)); }, "softplus");

  // The other end: one rounding from 1, from 100.
  for (const double high : {1.0, 100.0}) {
    const S edge = static_cast<S>(high), x = std::nextafter(edge, S(0));
    const Wide gap = static_cast<Wide>(edge) - static_cast<Wide>(x);
    const auto result =
        run<S>(ef::Support<S>(1, ef::interval(0, high)), Direction::forward, MatrixX<S>::Constant(1, 1, x));
    const Wide z = std::log(static_cast<Wide>(x)) - std::log(gap);
    check_close<S>(result.values, MatrixX<Wide>::Constant(1, 1, z), 2, "one rounding below the edge");
    const Wide log_det = std::log(static_cast<Wide>(high)) - std::log(static_cast<Wide>(x)) - std::log(gap);
    check_close<S>(result.log_det, MatrixX<Wide>::Constant(1, 1, log_det), 2,
                   "one rounding below the edge, log_det");
  }
}

TEMPLATE_TEST_CASE("Support: on an edge and beyond the density is zero, and no other row is touched", "",
                   float, double) {
  using S = TestType;
  constexpr S infinity = std::numeric_limits<S>::infinity();
  const ef::Support<S> layer(
      {ef::interval(0, 1), ef::positive(), ef::below(2, ef::HalfLineMap::softplus), ef::real()});
  MatrixX<S> good(1, 4);
  good << S(0.25), 3, 1, -5;
  struct Bad {
    Index feature;
    S value;
  };
  const std::vector<Bad> bad{{0, 0},        {0, 1},         {0, S(-0.0)}, {0, -3},       {0, S(1e30)},
                             {0, infinity}, {0, -infinity}, {1, 0},       {1, -1},       {1, -infinity},
                             {1, infinity}, {2, 2},         {2, 5},       {2, infinity}, {2, -infinity}};
  const Index rows = 2 * static_cast<Index>(bad.size()) + 1;
  MatrixX<S> x = good.replicate(rows, 1);
  for (std::size_t i = 0; i < bad.size(); ++i)
    x(2 * static_cast<Index>(i) + 1, bad[i].feature) = bad[i].value;
  const auto alone = run<S>(layer, Direction::forward, good), result = run<S>(layer, Direction::forward, x);
  const contract::LayerSubject subject(layer);
  const contract::Problem<S> problem{VectorX<S>(0), x, MatrixX<S>(rows, 0)};
  const contract::Cotangent<S> cotangent{MatrixX<S>::Ones(rows, 4), VectorX<S>::Ones(rows)};
  const MatrixX<S> grad = contract::pull_back(subject, Direction::forward, problem, cotangent).x;
  const MatrixX<S> grad_alone =
      contract::pull_back(subject, Direction::forward, problem.row(0), cotangent.row(0)).x;
  ef::Rng rng(1);
  const ef::Flow flow(layer, rng);
  const VectorX<S> log_prob = flow.log_prob(x);
  const S zero_density = -infinity;
  for (Index i = 0; i < rows; ++i) {
    INFO("row " << i);
    if (i % 2 == 0) {
      CHECK(result.values.row(i) == alone.values.row(0));
      CHECK(result.log_det[i] == alone.log_det[0]);
      CHECK(grad.row(i) == grad_alone.row(0));
      continue;
    }
    const Index j = bad[static_cast<std::size_t>(i / 2)].feature;
    CHECK(std::memcmp(&result.log_det[i], &zero_density, sizeof(S)) == 0);
    CHECK(std::memcmp(&log_prob[i], &zero_density, sizeof(S)) == 0);
    contract::expect_no_nan<S>(result.values.row(i), true, "z");
    CHECK(grad(i, j) == 0);
    CHECK(grad(i, 3) == 1);
  }
}

TEMPLATE_TEST_CASE("Support: the inverse lands strictly inside for every z", "", float, double) {
  using S = TestType;
  for (const auto& feature :
       {ef::interval(0, 1), ef::interval(5, 6), ef::interval(-1e6, 1e-3), ef::positive(), ef::above(1000),
        ef::below(-3), ef::positive(ef::HalfLineMap::softplus), ef::above(7, ef::HalfLineMap::softplus)}) {
    const ef::Support<S> layer(1, feature);
    MatrixX<S> z(11, 1);
    z << -std::numeric_limits<S>::max(), S(-1e30), -1000, -100, -40, 0, 40, 100, 1000, S(1e30),
        std::numeric_limits<S>::max();
    const auto generated = run<S>(layer, Direction::inverse, z);
    const auto back = run<S>(layer, Direction::forward, generated.values);
    for (Index i = 0; i < z.rows(); ++i) {
      INFO("(" << feature.low << ", " << feature.high << "), z = " << z(i, 0)
               << ", x = " << generated.values(i, 0));
      CHECK(generated.values(i, 0) > static_cast<S>(feature.low));
      CHECK(generated.values(i, 0) < static_cast<S>(feature.high));
      CHECK(ef::detail::is_finite(back.log_det[i]));
    }
  }
}

TEST_CASE("a flow on a box has a density that integrates to one") {
  // Logit of (2, 5) under a standard normal: the logit-normal density, by the midpoint rule.
  ef::Rng rng(1);
  const ef::Flow flow(ef::Logit<double>(1, 2, 5), rng);
  const Index cells = 2000;
  MatrixX<double> x(cells, 1);
  for (Index i = 0; i < cells; ++i)
    x(i, 0) = 2 + 3 * (static_cast<double>(i) + 0.5) / static_cast<double>(cells);
  const VectorX<double> log_p = flow.log_prob(x);
  CHECK(log_p.array().exp().sum() * 3 / static_cast<double>(cells) == Approx(1).epsilon(1e-9));
  const MatrixX<double> samples = flow.sample(1000, rng);
  CHECK(samples.minCoeff() > 2);
  CHECK(samples.maxCoeff() < 5);
}

TEST_CASE("the named maps are Supports of one kind") {
  const MatrixX<double> x = MatrixX<double>::Constant(1, 2, 0.25);
  const contract::Problem<double> problem{VectorX<double>(0), x, MatrixX<double>(1, 0)};
  const auto value = [&](const auto& layer) {
    return contract::evaluate(contract::LayerSubject(layer), Direction::forward, problem).values(0, 1);
  };
  CHECK(value(ef::Logit<double, 2>()) == Approx(std::log(1.0 / 3)));
  CHECK(value(ef::Sigmoid<double, 2>()) == Approx(1 / (1 + std::exp(-0.25))));
  CHECK(value(ef::Log<double, 2>()) == Approx(std::log(0.25)));
  CHECK(value(ef::Exp<double, 2>()) == Approx(std::exp(0.25)));
  CHECK(value(ef::SoftplusInverse<double, 2>()) == Approx(std::log(std::expm1(0.25))));
  CHECK(value(ef::Softplus<double, 2>()) == Approx(std::log1p(std::exp(0.25))));
  CHECK(mixed<float, Eigen::Dynamic>(6).describe() == "1 interval, 4 half lines, 1 real");
}

TEST_CASE("fit rejects rows without a density, with a message") {
  ef::Rng rng(3);
  MatrixX<float> x(20, 2);
  rng.fill_uniform(x);
  x(3, 1) = 0;
  x(9, 1) = 1;
  ef::Flow flow(ef::Support<float>({ef::real(), ef::interval(0, 1)}), rng);
  CHECK_THROWS_WITH(
      ef::fit(flow, x, {.epochs = 1, .validation_fraction = 0, .progress = false}),
      ContainsSubstring("feature 1 has 2 of 20 training rows on or beyond the edges of its support") &&
          ContainsSubstring("widen the support"));
  // A held-out row, wherever it is, and one of the caller's.
  for (Index i = 0; i < 20; ++i) {
    MatrixX<float> one = x;
    one.col(1) = x.col(1).cwiseMax(0.1F).cwiseMin(0.9F);
    one(i, 1) = -1;
    CHECK_THROWS_WITH(ef::fit(flow, one, {.epochs = 1, .validation_fraction = 0.3, .progress = false}),
                      ContainsSubstring("training rows on or beyond the edges") ||
                          ContainsSubstring("row " + std::to_string(i) + " of x, which is held out"));
  }
  ef::FitOptions<float> with_own{.epochs = 1, .progress = false};
  with_own.validation = x.topRows(5);
  CHECK_THROWS_WITH(ef::fit(flow, x.bottomRows(8).eval(), with_own),
                    ContainsSubstring("row 3 of the validation set has no finite density"));
  // What is refused leaves the flow as it was: repaired rows find no statistics of the others.
  ef::Flow standard(
      ef::Chain{ef::Support<float>({ef::real(), ef::interval(0, 1)}), ef::Standardize<float>(2)}, rng);
  with_own.validation = x.topRows(5);
  CHECK_THROWS_WITH(ef::fit(standard, x.bottomRows(8).eval(), with_own), ContainsSubstring("row 3"));
  CHECK(standard.layers().layer<0>().layer<1>().mean().isZero());
  ef::Flow wider(ef::Support<float>({ef::real(), ef::interval(-0.01, 1.01)}), rng);
  CHECK_NOTHROW(ef::fit(wider, x, {.epochs = 1, .validation_fraction = 0, .progress = false}));
}

TEST_CASE("Support rejects edges that are none") {
  CHECK_THROWS_WITH(ef::Support<float>({ef::real(), ef::interval(2, 2)}),
                    ContainsSubstring("feature 1 of a Support"));
  CHECK_THROWS_WITH(ef::Support<double>(1, ef::interval(3, 1)), ContainsSubstring("low < high"));
  CHECK_THROWS_WITH(ef::Support<double>(1, ef::above(std::nan(""))), ContainsSubstring("finite edges"));
  CHECK_THROWS_WITH(ef::Support<float>(1, ef::above(1e300)), ContainsSubstring("finite edges"));
  CHECK_THROWS_WITH(ef::Support<float>(1, ef::interval(-3e38, 3e38)), ContainsSubstring("finite edges"));
}

TEST_CASE("Support takes angles of any size onto the circle, and back into their range") {
  const double pi = 3.14159265358979323846;
  const ef::Support<double> degrees({ef::circle(0, 360), ef::circle(-180, 180)});
  MatrixX<double> x(7, 2), z(7, 2);
  x << 0, 0, 90, 90, 180, -180, 270, 180, 360, 540, -90, -90, 359, 1e-300;
  z << -pi, 0, -pi / 2, pi / 2, 0, -pi, pi / 2, -pi, -pi, -pi, pi / 2, -pi / 2, 179 * pi / 180,
      1e-300 * pi / 180;
  const auto there = run<double>(degrees, Direction::forward, x);
  CHECK((there.values - z).cwiseAbs().maxCoeff() < 1e-15);
  CHECK(there.values(6, 1) == Approx(1e-300 * pi / 180).epsilon(1e-15));
  for (Index i = 0; i < 7; ++i) CHECK(there.log_det[i] == Approx(2 * std::log(pi / 180)).epsilon(1e-15));
  const auto back = run<double>(degrees, Direction::inverse, there.values);
  CHECK(back.values.col(0).minCoeff() == 0.0);
  CHECK(back.values.col(1).minCoeff() == -180.0);
  CHECK(back.values(4, 0) == 0.0);
  CHECK(back.values(5, 0) == Approx(270));
  CHECK(back.log_det[3] == Approx(-2 * std::log(pi / 180)).epsilon(1e-15));

  // Just below the cut, in float too, the range is half open.
  const ef::Support<float> turn({ef::circle(0, 1)});
  for (const float angle : {std::nextafter(1.0F, 0.0F), -1e-30F, 1e6F + 0.9375F, -3e7F}) {
    const auto on = run<float>(turn, Direction::forward, MatrixX<float>::Constant(1, 1, angle));
    CHECK(on.values(0, 0) >= -static_cast<float>(pi));
    CHECK(on.values(0, 0) < static_cast<float>(pi));
    const auto again = run<float>(turn, Direction::inverse, on.values);
    CHECK(again.values(0, 0) >= 0);
    CHECK(again.values(0, 0) < 1);
  }
}

TEST_CASE("a circle has no edges to reject, needs two ends, and is told from an interval") {
  ef::Support<double> layer({ef::circle(0, 10), ef::real()});
  CHECK(layer.describe() == "1 circle, 1 real");
  CHECK(ef::circles_of(layer.features()) == std::vector<Index>{0});
  ef::Rng rng(1);
  ef::Flow flow{layer, rng};
  MatrixX<double> x(3, 2);
  x << 0, 1, 10, 2, -3, 3;
  CHECK_NOTHROW(ef::fit(flow, x, {.epochs = 0, .validation_fraction = 0, .progress = false}));
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(ef::Support<double>({ef::circle(0, infinity)}), ContainsSubstring("edges 0 and inf"));
  CHECK_THROWS_WITH(ef::Support<double>({ef::circle(3, 3)}), ContainsSubstring("edges 3 and 3"));
}
