#include "eigenflow/bases/detail/student_t.hpp"

#include <array>
#include <cmath>

#include "support/catch.hpp"

namespace ef = eigenflow;
using Number = ef::Lanes<double>;

TEST_CASE("C(a) = lnΓ(a + ½) - lnΓ(a) - ½ ln a and its derivative against mpmath") {
  struct Reference {
    double a;
    long double value, slope;
  };
  const std::array<Reference, 5> references{{{0.2, -0.4584776196820678231949L, 1.569016342894253680799L},
                                             {0.5, -0.2257913526447274323631L, 0.3862943611198906188345L},
                                             {3.7, -0.03368309952988749302606L, 0.009050216789953062231672L},
                                             {16, -0.007811229919967624459017L, 0.0004880432951631286987541L},
                                             {500000, -2.499999999999583333333e-7L, 4.9999999999975e-13L}}};
  for (const Reference& reference : references) {
    INFO("a = " << reference.a);
    const auto got = ef::detail::gamma_half_step(reference.a);
    CHECK(got.value == Approx(static_cast<double>(reference.value)).epsilon(1e-14));
    CHECK(got.slope == Approx(static_cast<double>(reference.slope)).epsilon(1e-12));
    const auto single = ef::detail::gamma_half_step(static_cast<float>(reference.a));
    CHECK(static_cast<double>(single.value) == Approx(static_cast<double>(reference.value)).epsilon(3e-6));
  }
}

TEST_CASE("log(1 + r²) and its derivatives keep their digits from tiny to huge r") {
  for (double exponent = -70; exponent < 300; exponent += 0.37) {
    for (const double sign : {-1.0, 1.0}) {
      const double r = sign * std::pow(10.0, exponent);
      const auto got = ef::detail::log_one_plus_square(ef::Lanes<double, false>(r));
      const auto packed = ef::detail::log_one_plus_square(Number(r));
      const long double square = static_cast<long double>(r) * static_cast<long double>(r);
      const long double log = std::log1p(square), fraction = square / (1 + square);
      INFO("r = " << r);
      CHECK(got.value.value == Approx(static_cast<double>(log)).epsilon(1e-15));
      CHECK(got.fraction.value == Approx(static_cast<double>(fraction)).epsilon(1e-15));
      CHECK(got.ratio.value ==
            Approx(static_cast<double>(static_cast<long double>(r) / (1 + square))).epsilon(1e-15));
      // log(1 + y) - y/(1 + y) = y²/2 - 2y³/3 + ... cancels in any type
      const long double excess = square < 1e-6L
                                     ? square * square * (0.5L - 2 * square / 3 + 0.75L * square * square)
                                     : log - fraction;
      CHECK(got.excess.value == Approx(static_cast<double>(excess)).epsilon(1e-11));
      std::array<double, static_cast<std::size_t>(Number::width)> lanes;
      packed.value.store(lanes.data());
      CHECK(lanes[0] == Approx(got.value.value).epsilon(1e-15));
      packed.excess.store(lanes.data());
      CHECK(lanes[0] == Approx(got.excess.value).epsilon(1e-15));
    }
  }
}
