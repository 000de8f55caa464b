#include "eigenflow/maps/monotone.hpp"

#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;

namespace {

// A user's own h: a / √(1 + a²), with a largest slope of ½ after the factor.
struct HalfAlgebraic {
  static constexpr const char* name() { return "half algebraic"; }
  static constexpr double max_slope() { return 0.5; }
  static constexpr double min_slope() { return 0; }
  static constexpr double bound() { return 0.5; }

  template <class Number>
  ef::MonotoneAt<Number> operator()(Number a) const {
    const Number one(1), half(0.5F), size = abs(a);
    // The square overflows above 10^19 in float: there the slope has long been zero.
    const Number safe = min(size, Number(1e9F)), square = safe * safe;
    const Number ratio = one / (one + square), root = sqrt(ratio), slope = ratio * root;
    const Number value = select(size > Number(1e9F), select(a < Number(0), -half, half), half * a * root);
    // 1 - (1 + q)^(-3/2) = (1 - r)(1 + r + r²), r = (1 + q)^(-1/2), 1 - r = q r²/(1 + r)
    const Number complement = square * ratio / (one + root) * (one + root + ratio);
    const Number sign = select(a < Number(0), -one, one);
    return {value, slope, complement, Number(-3) * sign * safe * ratio * slope};
  }
};

}  // namespace

TEST_CASE("Planar with softsign obeys the laws") {
  contract::check_layer<1, 2>("Planar with softsign", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Planar<S, D, ef::Softsign>(kind.dim);
  });
}

TEST_CASE("Planar with leaky relu obeys the laws") {
  contract::check_layer<1, 2>("Planar with leaky relu",
                              []<class S, int D>(contract::Kind<S, D> kind) {
                                return ef::Planar<S, D, ef::LeakyRelu>(kind.dim, ef::LeakyRelu{0.3});
                              },
                              {.finite_inverse = true});
}

TEST_CASE("Planar with a user's own h obeys the laws") {
  contract::check_layer<2>("Planar with a user's h", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Planar<S, D, HalfAlgebraic>(kind.dim);
  });
}
