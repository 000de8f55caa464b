#pragma once

#include <cmath>
#include <string>
#include <tuple>

#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

// Scale maps: how a free number a becomes a scale eˢ > 0. Each gives s (`value`) and ds/da (`slope`), and
// a = 0 gives the scale one. `Affine` scales by them, `RationalQuadraticSpline` makes its slopes of them. Your own
// class with the same call may replace them. The default, SoftClip, is in maps/soft_bound.hpp.

namespace eigenflow {

/// s = B tanh(a/B), |s| ≤ B: the bound of many Real NVPs. Its gradient vanishes earlier than that of SoftClip.
class TanhBound {
 public:
  constexpr explicit TanhBound(double bound = 1) : bound_(bound) {
    if (!(bound > 0) || !detail::is_finite(bound))
      detail::reject("a tanh bound needs a positive, finite bound, but got " + detail::decimal(bound));
  }

  static constexpr const char* tag() { return "tanh bound"; }
  double bound() const { return bound_; }
  static constexpr auto structure() { return std::tuple(Option{"bound", &TanhBound::bound}); }

  template <class Number>
  LogScaleAt<Number> operator()(Number a) const {
    using Scalar = typename Number::Scalar;
    const auto t = tanh_and_slope(a * Number(static_cast<Scalar>(1 / bound_)));
    return {t.value * Number(static_cast<Scalar>(bound_)), t.slope};
  }

 private:
  double bound_;
};

/// eˢ = m + (M - m) sigmoid(a + c), where c makes the scale one at a = 0: a scale between m and M. The
/// sigmoid of Glow and nflows, sigmoid(a + 2) + 1e-3, up to c and a constant factor: at most 1 + e⁻².
class SigmoidScale {
 public:
  explicit SigmoidScale(double largest = 1.1353352832366127, double least = 1e-3)
      : SigmoidScale(largest, least, std::log((1 - least) / (largest - 1))) {}
  /// The same with a given c = ln((1 - m)/(M - 1)), as a constant expression, for embedded flows.
  constexpr SigmoidScale(double largest, double least, double shift)
      : largest_(largest), least_(least), shift_(shift) {
    if (!(least >= 0 && least < 1 && largest > 1) || !detail::is_finite(largest))
      detail::reject("a sigmoid scale is one at zero, so it needs 0 <= least < 1 < largest < ∞, but got " +
                     detail::decimal(least) + " and " + detail::decimal(largest));
  }

  static constexpr const char* tag() { return "sigmoid"; }
  double largest() const { return largest_; }
  double least() const { return least_; }
  double shift() const { return shift_; }
  static constexpr auto structure() {
    return std::tuple(Option{"largest", &SigmoidScale::largest}, Option{"least", &SigmoidScale::least});
  }
  static constexpr auto constexpr_structure() {
    return std::tuple_cat(structure(), std::tuple(Option{"shift", &SigmoidScale::shift}));
  }

  template <class Number>
  LogScaleAt<Number> operator()(Number a) const {
    using Scalar = typename Number::Scalar;
    const Number shifted = a + Number(static_cast<Scalar>(shift_));
    const Number part = sigmoid(shifted) * Number(static_cast<Scalar>(largest_ - least_));
    const Number scale = part + Number(static_cast<Scalar>(least_));
    return {log(scale), part * sigmoid(-shifted) / scale};
  }

 private:
  double largest_;
  double least_;
  double shift_;
};

/// eˢ = m + softplus(a + c), where c makes the scale one at a = 0. It grows linearly and is never
/// below m. The scale of nflows, except for c.
class SoftplusScale {
 public:
  explicit SoftplusScale(double least = 1e-3) : SoftplusScale(least, std::log(std::expm1(1 - least))) {}
  /// The same with a given c = ln(e^(1 - m) - 1), as a constant expression.
  constexpr SoftplusScale(double least, double shift) : least_(least), shift_(shift) {
    if (!(least >= 0 && least < 1))
      detail::reject("a softplus scale is one at zero, so its least must be from 0 to below 1, but got " +
                     detail::decimal(least));
  }

  static constexpr const char* tag() { return "softplus"; }
  double least() const { return least_; }
  double shift() const { return shift_; }
  static constexpr auto structure() { return std::tuple(Option{"least", &SoftplusScale::least}); }
  static constexpr auto constexpr_structure() {
    return std::tuple_cat(structure(), std::tuple(Option{"shift", &SoftplusScale::shift}));
  }

  template <class Number>
  LogScaleAt<Number> operator()(Number a) const {
    using Scalar = typename Number::Scalar;
    const Number shifted = a + Number(static_cast<Scalar>(shift_));
    const Number scale = softplus(shifted) + Number(static_cast<Scalar>(least_));
    return {log(scale), sigmoid(shifted) / scale};
  }

 private:
  double least_;
  double shift_;
};

/// s = a: without a bound. The scale overflows to infinity if |a| > 88 in float, 709 in double.
struct ExpScale {
  static constexpr const char* tag() { return "exp"; }

  template <class Number>
  LogScaleAt<Number> operator()(Number a) const {
    return {a, Number(1)};
  }
};

/// The reciprocal 1/eˢ of another scale map: it divides instead of multiplying, as the sigmoid of normflows does.
template <class Map>
class Reciprocal {
 public:
  constexpr explicit Reciprocal(Map map = Map()) : map_(map) {}

  static std::string tag() { return "reciprocal " + detail::tag_of<Map>("map"); }
  const Map& map() const { return map_; }
  static constexpr auto structure() requires Structured<Map> {
    return std::tuple(Option{"map", &Reciprocal::map});
  }

  template <class Number>
  LogScaleAt<Number> operator()(Number a) const {
    const auto at = map_(a);
    return {-at.value, -at.slope};
  }

 private:
  Map map_;
};

}  // namespace eigenflow
