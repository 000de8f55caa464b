#include "eigenflow/transformers/rational_quadratic_spline.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

namespace {

static_assert(ef::Transformer<ef::RationalQuadraticSpline<float>>);
static_assert(ef::Transformer<ef::RationalQuadraticSpline<double, ef::SplineTails::periodic>>);

template <class Scalar>
struct Result {
  Scalar value, log_det, grad;
  std::vector<Scalar> grad_parameters;
};

/// One feature of one row through a direction and its vjp, with cotangents of one.
template <class Spline, class Scalar = typename Spline::Scalar>
Result<Scalar> run(const Spline& spline, bool generating, Scalar x, const std::vector<Scalar>& parameters) {
  using Number = ef::Lanes<Scalar>;
  REQUIRE(static_cast<Eigen::Index>(parameters.size()) == spline.parameters());
  std::vector<Scalar> memory = parameters;
  memory.resize(static_cast<std::size_t>(spline.parameters() + spline.kept()));
  const ef::RowStep<Scalar> step(0, 1);
  const ef::Slots<Scalar> slots(step, memory.data(), spline.parameters(), memory.data() + spline.parameters(),
                                1);
  const auto out = generating ? spline.inverse(Number(x), slots) : spline.forward(Number(x), slots);
  const Number grad = generating ? spline.inverse_vjp(Number(Scalar(1)), Number(Scalar(1)), slots)
                                 : spline.forward_vjp(Number(Scalar(1)), Number(Scalar(1)), slots);
  Result<Scalar> result;
  step.store(&result.value, out.value);
  step.store(&result.log_det, out.log_det);
  step.store(&result.grad, grad);
  memory.resize(parameters.size());
  result.grad_parameters = memory;
  return result;
}

template <class Scalar>
std::vector<Scalar> random_parameters(Eigen::Index count, double size, std::uint64_t seed) {
  ef::Rng rng(seed);
  std::vector<Scalar> parameters(static_cast<std::size_t>(count));
  for (Scalar& a : parameters) a = static_cast<Scalar>(size * rng.normal<float>());
  return parameters;
}

/// The inner knots of a spline with linear tails, by the formulas in long double.
template <class Scalar>
std::vector<long double> knots(const std::vector<Scalar>& parameters, std::size_t first,
                               const ef::SplineOptions& options) {
  const std::size_t bins = static_cast<std::size_t>(options.bins);
  long double largest = parameters[first], sum = 0;
  for (std::size_t k = 0; k < bins; ++k)
    largest = std::max(largest, static_cast<long double>(parameters[first + k]));
  for (std::size_t k = 0; k < bins; ++k) sum += std::exp(parameters[first + k] - largest);
  std::vector<long double> result{-static_cast<long double>(options.bound)};
  for (std::size_t k = 0; k < bins; ++k)
    result.push_back(result.back() +
                     2 * options.bound *
                         (options.min_size + (1 - static_cast<long double>(bins) * options.min_size) *
                                                 std::exp(parameters[first + k] - largest) / sum));
  return result;
}

template <class Scalar>
bool all_finite(const Result<Scalar>& r) {
  bool finite =
      ef::detail::is_finite(r.value) && ef::detail::is_finite(r.log_det) && ef::detail::is_finite(r.grad);
  for (const Scalar g : r.grad_parameters) finite = finite && ef::detail::is_finite(g);
  return finite;
}

template <class Scalar>
void check_edges() {
  const Scalar epsilon = std::numeric_limits<Scalar>::epsilon();
  for (const double bound : {1.0, 5.0, 100.0}) {
    const ef::SplineOptions options{.bins = 8, .bound = bound};
    const ef::RationalQuadraticSpline<Scalar> spline(options);
    const Scalar b = static_cast<Scalar>(bound), infinity = std::numeric_limits<Scalar>::infinity();
    for (const double size : {0.0, 1.0, 4.0, 1000.0}) {
      const auto parameters = random_parameters<Scalar>(spline.parameters(), size, 7);
      for (const bool generating : {false, true}) {
        INFO("bound " << bound << ", parameters of size " << size << ", generating " << generating);
        // On the bound, beyond it, far beyond it: the identity, and no gradient for the parameters.
        for (const Scalar x : {b, std::nextafter(b, infinity), 2 * b, Scalar(1e30)}) {
          for (const Scalar sign : {Scalar(1), Scalar(-1)}) {
            const auto r = run(spline, generating, sign * x, parameters);
            CHECK(r.value == sign * x);
            CHECK(r.log_det == 0);
            CHECK(r.grad == 1);
            for (const Scalar g : r.grad_parameters) CHECK(g == 0);
          }
        }
        // Zero of either sign, and one ulp around each knot.
        std::vector<Scalar> points{Scalar(0), Scalar(-0.0), std::nextafter(b, Scalar(0)),
                                   std::nextafter(-b, Scalar(0))};
        for (const long double knot : knots(parameters, generating ? 8 : 0, options)) {
          const Scalar x = static_cast<Scalar>(knot);
          for (const Scalar point : {std::nextafter(x, -infinity), x, std::nextafter(x, infinity)})
            points.push_back(point);
        }
        for (const Scalar x : points) {
          const auto there = run(spline, generating, x, parameters);
          const auto back = run(spline, !generating, there.value, parameters);
          INFO("x " << x << " becomes " << there.value << ", log_det " << there.log_det << ", back "
                    << back.value << ", log_det " << back.log_det);
          CHECK(all_finite(there));
          CHECK(all_finite(back));
          CHECK(std::abs(there.value) <= std::max(b, std::abs(x)));
          // The image is rounded next to the bound, and going back stretches that by the slope there.
          const double stretch = 1 + std::exp(std::abs(static_cast<double>(there.log_det)));
          CHECK(std::abs(static_cast<double>(back.value - x)) <=
                16 * static_cast<double>(epsilon) * bound * stretch);
        }
      }
    }
  }
}

/// x, g(x) and log g'(x) as another library computed them in double.
struct Golden {
  double x, value, log_det;
};

// 8 bins on [-3, 3]: widths, heights, slopes.
const std::vector<double> golden_parameters{0.384, 1.182,  -0.689, -1.005, 0.948, 0.76,   -1.144, -0.466,
                                            1.264, 0.14,   -1.3,   0.195,  1.249, -0.517, -1.116, 0.804,
                                            0.909, -1.039, -0.641, 1.204,  0.331, -1.289, 0.001};

template <class Spline>
void check_golden(const Spline& spline, bool generating, const std::vector<Golden>& points) {
  for (const Golden& point : points) {
    const auto r = run(spline, generating, point.x, golden_parameters);
    INFO("x " << point.x);
    CHECK(std::abs(r.value - point.value) < 1e-10);
    CHECK(std::abs(r.log_det - point.log_det) < 1e-10);
  }
}

}  // namespace

TEST_CASE("a spline with softplus slopes is nflows'") {
  // nflows 0.14, unconstrained_rational_quadratic_spline(tail_bound=3) in double; the free numbers of its
  // slopes are ours + ln(e^(1 - 1e-3) - 1), which makes a slope of one of zero.
  const ef::RationalQuadraticSpline<double, ef::SplineTails::linear, ef::SoftplusScale> spline(
      ef::SplineOptions{.bins = 8, .bound = 3}, ef::SoftplusScale(1e-3));
  check_golden(spline, false,
               {{-2.9, -2.875572257670045, 0.4015250661067018},
                {-1.4, -0.9719083419121328, -1.907339746818419},
                {-0.3, -0.7250819264746357, -0.6956735734074229},
                {0.0, -0.07485218982185285, 0.6187439700150441},
                {0.55, 0.6820881548638809, 0.07625597505076542},
                {1.9, 1.710908427310836, -2.111076652753408},
                {2.99, 2.988951660718489, 0.1927204774501403},
                {4.0, 4, 0}});
  check_golden(spline, true,
               {{-2.9, -2.916828107402361, -0.3429710742971646},
                {-1.4, -2.246519259647495, -0.5778936433800599},
                {-0.3, -0.08318166794954299, -1.343121023919541},
                {0.0, 0.04151901419360362, -0.5602269631119877},
                {0.55, 0.431979941453313, -0.1521182189395699},
                {1.9, 2.609676748071, -0.1080516504653516},
                {2.99, 2.99087148861361, -0.1767532428839158},
                {4.0, 4, 0}});
}

TEST_CASE("a spline of another slope map takes that map's own ends where none is given") {
  using Spline = ef::RationalQuadraticSpline<double, ef::SplineTails::linear, ef::SoftplusScale>;
  CHECK(Spline(ef::SplineOptions{.bins = 8}).slope_map().least() == ef::SoftplusScale().least());
  using Bounded = ef::RationalQuadraticSpline<double, ef::SplineTails::linear, ef::TanhBound>;
  CHECK(Bounded().slope_map().bound() == ef::TanhBound().bound());
  CHECK(ef::RationalQuadraticSpline<double>({.min_slope = 0.1}).slope_map().bound() == Approx(std::log(10)));
}

TEST_CASE("a spline without least sizes is zuko's") {
  // zuko 1.6.0, MonotonicRQSTransform(bound=3) in double; its free widths and heights are those that its soft
  // clip turns into ours.
  const ef::RationalQuadraticSpline<double> spline({.bins = 8, .bound = 3, .min_size = 1e-15});
  check_golden(spline, false,
               {{-2.9, -2.879347592116628, 0.3469177110670814},
                {-1.4, -0.9299084808241803, -2.06853746615425},
                {-0.3, -0.7239911936786183, -0.6897979694757418},
                {0.0, -0.06043112101241375, 0.9716274514317322},
                {0.55, 0.775567042839248, -0.05133633235143149},
                {1.9, 1.724332506419928, -2.169032580853972},
                {2.99, 2.98892659499743, 0.196954526807508},
                {4.0, 4, 0}});
}

TEST_CASE("spline edges: on the bound, one ulp around each knot, far away, zeros of both signs, in float") {
  check_edges<float>();
}

TEST_CASE("spline edges: on the bound, one ulp around each knot, far away, zeros of both signs, in double") {
  check_edges<double>();
}

TEST_CASE("parameters of zero are the identity") {
  for (const Eigen::Index bins : {2, 3, 8, 20}) {
    const ef::RationalQuadraticSpline<double> spline({.bins = bins});
    const std::vector<double> zero(static_cast<std::size_t>(spline.parameters()));
    for (double x = -5.5; x < 5.5; x += 0.173) {
      for (const bool generating : {false, true}) {
        const auto r = run(spline, generating, x, zero);
        CHECK(r.value == Approx(x).margin(4e-15));
        CHECK(r.log_det == Approx(0).margin(4e-15));
      }
    }
  }
}

TEST_CASE("a spline meets its knots: values, and slopes from both sides") {
  const ef::SplineOptions options{.bins = 5, .bound = 2};
  const ef::RationalQuadraticSpline<double> spline(options);
  const auto parameters = random_parameters<double>(spline.parameters(), 1, 3);
  const auto x = knots(parameters, 0, options), y = knots(parameters, 5, options);
  for (std::size_t k = 1; k < 5; ++k) {
    const double a = parameters[9 + k], slope = a / (1 + std::abs(a) / std::log(1000.0));
    for (const double side : {-1e-13, 0.0, 1e-13}) {
      const auto r = run(spline, false, static_cast<double>(x[k]) + side, parameters);
      CHECK(r.value == Approx(static_cast<double>(y[k])).margin(1e-11));
      CHECK(r.log_det == Approx(slope).margin(1e-9));
    }
  }
  // The tails go on with slope one.
  CHECK(run(spline, false, -2 + 1e-13, parameters).log_det == Approx(0).margin(1e-9));
  CHECK(run(spline, false, 2 - 1e-13, parameters).log_det == Approx(0).margin(1e-9));
}

TEST_CASE("a spline is monotone in float, bin by bin and across its bounds") {
  const ef::RationalQuadraticSpline<float> spline({.bins = 8, .bound = 3});
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto parameters = random_parameters<float>(spline.parameters(), 3, seed);
    float last = -4;
    for (int i = -35'000; i <= 35'000; i += 7) {
      const float y = run(spline, false, static_cast<float>(i) * 1e-4F, parameters).value;
      CHECK(y >= last);
      last = y;
    }
  }
}

TEST_CASE("a periodic spline takes angles modulo the period and gives them within it") {
  const double pi = 3.14159265358979323846;
  for (const bool rotate : {false, true}) {
    const ef::RationalQuadraticSpline<double, ef::SplineTails::periodic> spline(
        {.bins = 6, .bound = pi, .rotate = rotate});
    CHECK(spline.parameters() == (rotate ? 19 : 18));
    const auto parameters = random_parameters<double>(spline.parameters(), 1, 5);
    for (double x = -3.1; x < pi; x += 0.37) {
      for (const bool generating : {false, true}) {
        const auto r = run(spline, generating, x, parameters);
        CHECK(r.value >= -pi);
        CHECK(r.value < pi);
        for (const double turns : {-3.0, 1.0, 8.0}) {
          const auto turned = run(spline, generating, x + 2 * pi * turns, parameters);
          CHECK(std::abs(std::remainder(turned.value - r.value, 2 * pi)) < 1e-12);
          CHECK(turned.log_det == Approx(r.log_det).margin(1e-12));
        }
        const auto back = run(spline, !generating, r.value, parameters);
        CHECK(back.value == Approx(x).margin(1e-13));
        CHECK(back.log_det == Approx(-r.log_det).margin(1e-12));
      }
    }
    // Smooth across the cut: the slope is the same on both sides.
    CHECK(run(spline, false, pi - 1e-12, parameters).log_det ==
          Approx(run(spline, false, -pi, parameters).log_det).margin(1e-9));
  }
}

TEST_CASE("an angle that is not a number, or has no place in its period, passes as it is") {
  const ef::RationalQuadraticSpline<float, ef::SplineTails::periodic> spline({.bins = 4, .bound = 3});
  const std::vector<float> zero(12);
  CHECK(run(spline, false, 1e30F, zero).value == 1e30F);
  CHECK(run(spline, false, 1e30F, zero).log_det == 0);
  CHECK(run(spline, false, std::numeric_limits<float>::infinity(), zero).value ==
        std::numeric_limits<float>::infinity());
  CHECK_FALSE(ef::detail::is_finite(run(spline, false, std::numeric_limits<float>::quiet_NaN(), zero).value));
}

TEST_CASE("a spline rejects options that make none") {
  using Spline = ef::RationalQuadraticSpline<float>;
  CHECK_THROWS_WITH(Spline({.bins = 1}), ContainsSubstring("two bins or more, but got 1"));
  CHECK_THROWS_WITH(Spline({.bound = 0}), ContainsSubstring("positive, finite bound, but got 0"));
  CHECK_THROWS_WITH(Spline({.bins = 10, .min_size = 0.1}), ContainsSubstring("below 1/bins, but got 0.1"));
  CHECK_THROWS_WITH(Spline({.min_size = 0}), ContainsSubstring("above 0 (or 0 with a size_bound)"));
  CHECK_NOTHROW(Spline({.min_size = 0, .size_bound = 3}));
  CHECK_THROWS_WITH(Spline({.size_bound = 9}), ContainsSubstring("a size_bound above 0 and at most 8"));
  CHECK_THROWS_WITH(Spline({.min_slope = 1}), ContainsSubstring("min_slope above 0 and below 1, but got 1"));
  CHECK_THROWS_WITH(Spline({.rotate = true}), ContainsSubstring("only a periodic spline rotates"));
}
