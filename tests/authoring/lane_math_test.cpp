#include "eigenflow/authoring/lane_math.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "eigenflow/numerics/finite.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;
using Wide = long double;

namespace {

/// Values of both signs from `low` to `high` in magnitude, evenly in the logarithm, with zero.
template <class S>
std::vector<S> sweep(double low, double high, bool both_signs) {
  constexpr int count = 20'000;
  std::vector<S> values{S(0)};
  for (int i = 0; i < count; ++i) {
    const S value =
        static_cast<S>(std::exp(std::log(low) + (std::log(high) - std::log(low)) * i / (count - 1.0)));
    values.push_back(value);
    if (both_signs) values.push_back(-value);
  }
  return values;
}

/// The largest error, in ulp of the exact result, over the values.
template <class S>
double worst_ulp(const std::vector<S>& values, const std::function<ef::Lanes<S>(ef::Lanes<S>)>& function,
                 const std::function<Wide(Wide)>& exact) {
  constexpr auto width = static_cast<std::size_t>(ef::Lanes<S>::width);
  double worst = 0;
  std::vector<S> padded = values;
  while (padded.size() % width != 0) padded.push_back(values.back());
  std::vector<S> results(padded.size());
  for (std::size_t i = 0; i < padded.size(); i += width)
    function(ef::Lanes<S>::load(padded.data() + i)).store(results.data() + i);
  for (std::size_t i = 0; i < padded.size(); ++i) {
    const Wide expected = exact(static_cast<Wide>(padded[i]));
    // Below the smallest normal number an ulp is that of the smallest.
    const Wide size = std::max(std::abs(expected), static_cast<Wide>(std::numeric_limits<S>::min()));
    int exponent = 0;
    std::frexp(size, &exponent);
    const Wide ulp = std::ldexp(1.0L, exponent - std::numeric_limits<S>::digits);
    const double error = static_cast<double>(std::abs(static_cast<Wide>(results[i]) - expected) / ulp);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

Wide softplus(Wide x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
Wide sigmoid(Wide x) {
  return x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

}  // namespace

// The bounds are what the functions' documentation promises: "full relative accuracy" is a few ulp.
TEMPLATE_TEST_CASE("lane functions are accurate to a few ulp over their whole range", "", float, double) {
  using S = TestType;
  using N = ef::Lanes<S>;
  const double tiny = static_cast<double>(std::numeric_limits<S>::min());
  const double logs = std::log(static_cast<double>(std::numeric_limits<S>::max()));  // where exp ends
  const auto all = sweep<S>(1e-30, logs - 1, true);
  CHECK(worst_ulp<S>(
            all, [](N x) { return exp(x); }, [](Wide x) { return std::exp(x); }) < 2);
  CHECK(worst_ulp<S>(
            sweep<S>(tiny, static_cast<double>(std::numeric_limits<S>::max()) / 2, false),
            [](N x) { return log(max(x, N(std::numeric_limits<S>::min()))); },
            [](Wide x) { return std::log(std::max(x, static_cast<Wide>(std::numeric_limits<S>::min()))); }) <
        2);
  CHECK(worst_ulp<S>(
            sweep<S>(tiny, 1, false), [](N x) { return log1p_unit(x); },
            [](Wide x) { return std::log1p(x); }) < 4);
  CHECK(worst_ulp<S>(
            all, [](N x) { return tanh(x); }, [](Wide x) { return std::tanh(x); }) < 4);
  CHECK(worst_ulp<S>(
            all, [](N x) { return softplus(x); }, softplus) < 4);
  CHECK(worst_ulp<S>(
            all, [](N x) { return sigmoid(x); }, sigmoid) < 4);
  CHECK(worst_ulp<S>(
            sweep<S>(1e-30, 20, true), [](N x) { return erf(x); }, [](Wide x) { return std::erf(x); }) < 2);
}

TEMPLATE_TEST_CASE("lane functions at their ends", "", float, double, long double) {
  using S = TestType;
  using N = ef::Lanes<S>;
  const auto first = [](N numbers) {
    S buffer[N::width];
    numbers.store(buffer);
    return buffer[0];
  };
  const S infinity = std::numeric_limits<S>::infinity(), largest = std::numeric_limits<S>::max();
  CHECK(first(tanh(N(largest))) == 1);
  CHECK(first(tanh(N(-largest))) == -1);
  CHECK(first(tanh(N(infinity))) == 1);
  CHECK(first(softplus(N(largest))) == largest);
  CHECK(first(softplus(N(S(-50)))) > 0);
  CHECK(first(sigmoid(N(largest))) == 1);
  CHECK(first(sigmoid(N(-largest))) >= 0);
  CHECK(first(sigmoid(N(-largest))) < 1e-30);
  CHECK(first(log1p_unit(N(0))) == 0);
  // Where exp ends, e^ln(largest) is the largest number to the rounding of the logarithm.
  const S logs = std::log(largest);
  CHECK(static_cast<double>(first(exp(N(logs * S(0.9999)))) / std::exp(logs * S(0.9999))) ==
        Approx(1).epsilon(1e-6));
}

TEMPLATE_TEST_CASE("lane functions pass a NaN on", "", float, double) {
  using S = TestType;
  using N = ef::Lanes<S>;
  const N nan(std::numeric_limits<S>::quiet_NaN());
  for (const N result :
       {exp(nan), log(nan), tanh(nan), softplus(nan), sigmoid(nan), log1p_unit(nan), erf(nan)}) {
    S buffer[N::width];
    result.store(buffer);
    for (const S value : buffer) CHECK_FALSE(eigenflow::detail::is_finite(value));
  }
}
