#include "eigenflow/transformers/affine.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "eigenflow/maps/any_scale.hpp"
#include "eigenflow/maps/scale_maps.hpp"
#include "eigenflow/transformers/shift.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

namespace {

using Number = ef::Lanes<long double>;

/// A feature of one row: parameters and what is kept, as a coupling lays them out.
struct Memory {
  std::array<long double, 3> slots{};
  ef::Slots<long double> view(Eigen::Index parameters) {
    return {ef::RowStep<long double>(0, 1), slots.data(), parameters, slots.data() + parameters, 1};
  }
};

static_assert(ef::Transformer<ef::Affine<float>> && ef::Transformer<ef::Shift<double>>);

}  // namespace

TEST_CASE("Affine is x eˢ + t with s bounded smoothly by one") {
  const ef::Affine<long double> affine;
  const long double bound = 1;
  for (const long double a : {0.0L, 0.5L, -2.0L, 40.0L, -1e30L}) {
    const long double s = a / (1 + std::abs(a) / bound), x = 1.25L, t = -0.75L;
    Memory memory{{a, t, 0}};
    const auto y = affine.forward(Number(x), memory.view(2));
    CHECK(static_cast<double>(y.value.value) ==
          Approx(static_cast<double>(x * std::exp(s) + t)).epsilon(1e-14));
    CHECK(static_cast<double>(y.log_det.value) == Approx(static_cast<double>(s)).epsilon(1e-15));
    Memory back{{a, t, 0}};
    const auto again = affine.inverse(y.value, back.view(2));
    CHECK(static_cast<double>(again.value.value) == Approx(1.25).epsilon(1e-12));
    CHECK(again.log_det.value == -y.log_det.value);
  }
}

namespace {

/// A scale map against its formula, and its slope against a difference of it.
template <class Map, class Formula>
void check_scale_map(const Map& map, const Formula& log_scale, double least, double largest) {
  for (const double a : {-40.0, -20.0, -3.0, -0.5, 0.0, 0.25, 2.0, 30.0}) {
    const auto s = map(Number(a));
    INFO("a = " << a);
    CHECK(static_cast<double>(s.value.value) ==
          Approx(static_cast<double>(log_scale(a))).epsilon(1e-12).margin(1e-12));
    CHECK(s.value.value >= std::log(least) - 1e-12);
    CHECK(s.value.value <= std::log(largest) + 1e-12);
    const long double h = 1e-7L;
    CHECK(static_cast<double>(s.slope.value) ==
          Approx(static_cast<double>((log_scale(a + h) - log_scale(a - h)) / (2 * h)))
              .epsilon(1e-6)
              .margin(1e-9));
    CHECK(static_cast<double>(map(ef::Lanes<double, false>(a)).value.value) ==
          Approx(static_cast<double>(log_scale(a))).epsilon(1e-12).margin(1e-12));
  }
  CHECK(static_cast<double>(map(Number(0)).value.value) == Approx(0).margin(1e-15));
}

}  // namespace

TEST_CASE("the scale maps are their formulas, and one at zero") {
  const double infinity = std::numeric_limits<double>::infinity();
  check_scale_map(
      ef::SoftClip(), [](long double a) { return a / (1 + std::abs(a) / std::log(1e3)); }, 1e-3, 1e3);
  check_scale_map(
      ef::TanhBound(2), [](long double a) { return 2 * std::tanh(a / 2); }, std::exp(-2), std::exp(2));
  check_scale_map(
      ef::ExpScale{}, [](long double a) { return a; }, 0, infinity);
  // nflows': sigmoid(a + c) + 1e-3 with its own c.
  const double c = std::log(0.999 / 0.001);
  check_scale_map(
      ef::SigmoidScale(1.001), [c](long double a) { return std::log(1e-3 + 1 / (1 + std::exp(-a - c))); },
      1e-3, 1.001);
  // nflows': softplus(a + c) + 1e-3.
  const double d = std::log(std::exp(0.999) - 1);
  check_scale_map(
      ef::SoftplusScale(), [d](long double a) { return std::log(1e-3 + std::log1p(std::exp(a + d))); }, 1e-3,
      infinity);
}

TEST_CASE("a reciprocal scale map divides where the other multiplies") {
  const double c = std::log(1 / std::exp(-2));  // Glow's sigmoid(a + 2), times what makes it one at zero
  const auto s = [c](long double a) { return -std::log((1 + std::exp(-2.0L)) / (1 + std::exp(-a - c))); };
  check_scale_map(ef::Reciprocal(ef::SigmoidScale(1 + std::exp(-2), 0)), s, 1 / (1 + std::exp(-2)),
                  std::numeric_limits<double>::infinity());
}

TEST_CASE("scale maps reject bounds that leave out one") {
  CHECK_THROWS_WITH(ef::SoftClip(0), ContainsSubstring("positive bound, but got 0"));
  CHECK_THROWS_WITH(ef::TanhBound(-1), ContainsSubstring("positive, finite bound, but got -1"));
  CHECK_THROWS_WITH(ef::TanhBound(std::numeric_limits<double>::infinity()), ContainsSubstring("but got inf"));
  CHECK_THROWS_WITH(ef::SigmoidScale(std::numeric_limits<double>::infinity()),
                    ContainsSubstring("< ∞, but got"));
  CHECK_THROWS_WITH(ef::SigmoidScale(1), ContainsSubstring("least < 1 < largest"));
  CHECK_THROWS_WITH(ef::SoftplusScale(1), ContainsSubstring("from 0 to below 1, but got 1"));
}

TEST_CASE("Affine and Shift: the gradients are those of the formulas") {
  // loss = g y + l log_det, with y = x eˢ + t and s' = (1 + |a|/c)⁻².
  const long double x = 1.25L, a = -0.7L, t = 0.5L, g = 1.5L, l = -0.25L, c = 1;
  const long double s = a / (1 + std::abs(a) / c),
                    slope = 1 / ((1 + std::abs(a) / c) * (1 + std::abs(a) / c));
  const ef::Affine<long double> affine;
  Memory memory{{a, t, 0}};
  affine.forward(Number(x), memory.view(2));
  const long double grad_x = affine.forward_vjp(Number(g), Number(l), memory.view(2)).value;
  CHECK(static_cast<double>(grad_x) == Approx(static_cast<double>(g * std::exp(s))).epsilon(1e-15));
  CHECK(static_cast<double>(memory.slots[0]) ==
        Approx(static_cast<double>((g * x * std::exp(s) + l) * slope)).epsilon(1e-15));
  CHECK(memory.slots[1] == g);

  // x = (y - t) e⁻ˢ, log_det = -s.
  Memory inverse{{a, t, 0}};
  affine.inverse(Number(x), inverse.view(2));
  const long double grad_y = affine.inverse_vjp(Number(g), Number(l), inverse.view(2)).value;
  CHECK(static_cast<double>(grad_y) == Approx(static_cast<double>(g * std::exp(-s))).epsilon(1e-15));
  CHECK(static_cast<double>(inverse.slots[0]) ==
        Approx(static_cast<double>(-(g * (x - t) * std::exp(-s) + l) * slope)).epsilon(1e-15));
  CHECK(static_cast<double>(inverse.slots[1]) ==
        Approx(static_cast<double>(-g * std::exp(-s))).epsilon(1e-15));

  const ef::Shift<long double> shift;
  Memory moved{{t, 0, 0}};
  CHECK(shift.forward(Number(x), moved.view(1)).value.value == x + t);
  CHECK(shift.inverse(Number(x), moved.view(1)).value.value == x - t);
  CHECK(shift.inverse(Number(x), moved.view(1)).log_det.value == 0);
  CHECK(shift.forward_vjp(Number(g), Number(l), moved.view(1)).value == g);
  CHECK(moved.slots[0] == g);
  CHECK(shift.inverse_vjp(Number(g), Number(l), moved.view(1)).value == g);
  CHECK(moved.slots[0] == -g);
}
