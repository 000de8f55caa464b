#include "eigenflow/transformers/affine.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "eigenflow/transformers/shift.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

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
