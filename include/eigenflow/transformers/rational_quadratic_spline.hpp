#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <tuple>
#include <type_traits>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/transformer.hpp"
#include "eigenflow/maps/rational_quadratic.hpp"
#include "eigenflow/maps/scale_maps.hpp"
#include "eigenflow/transformers/spline_options.hpp"

namespace eigenflow {

/// A monotone rational-quadratic spline (Durkan, Bekasov, Murray & Papamakarios, arXiv:1906.04032). It has K
/// bins between -B and B; `detail::RationalQuadratic` is the curve inside of a bin.
///
///   widths    w_k = 2B (m + (1 - K m) softmax(a)_k), slots 0 .. K-1; heights h_k in the same way, slots K .. 2K-1
///             (with a size_bound b, a/(1 + |a|/b) in place of a)
///   knots     x_k = -B + Σ_{j<k} w_j,  y_k = -B + Σ_{j<k} h_j
///   slopes    d_k = exp(SlopeMap(a)), slots 2K and on: K-1 inner knots; d_0 = d_K = 1
///   map       y = y_k + h_k θ(ξ),  ξ = (x - x_k)/w_k  in the bin k with x_k ≤ x < x_{k+1};  y = x if |x| ≥ B
///   log-det   log σ(ξ), 0 where |x| ≥ B
///   inverse   the bin by y, then ξ from θ by a quadratic equation
///
/// If all parameters are zero, the bins are equal and the slopes one: the identity. (This differs from nflows and
/// FlowJAX.) SlopeMap is a scale map (maps/scale_maps.hpp); SoftClip keeps the slopes between m' and 1/m'.
///
/// A periodic spline maps the circle [-B, B) to itself: x is taken modulo 2B, and y is in [-B, B). It has K slopes,
/// the first for both ends. With `rotate` it has one more slot t, and y + t replaces y (Rezende et al.,
/// arXiv:2002.02428, section 2.1).
template <class Scalar_, SplineTails Tails = SplineTails::linear, class SlopeMap = SoftClip>
class RationalQuadraticSpline {
 public:
  using Scalar = Scalar_;
  static constexpr bool periodic = Tails == SplineTails::periodic;

  /// Throws std::invalid_argument for invalid options.
  RationalQuadraticSpline(const SplineOptions& options = {})
      : RationalQuadraticSpline(options, slope_map_of(detail::checked(options, Tails))) {}
  /// A slope map has its own bounds: min_slope is not used.
  constexpr RationalQuadraticSpline(const SplineOptions& options, SlopeMap slope_map)
      : options_(detail::checked(options, Tails)),
        bins_(options.bins),
        bound_(static_cast<Scalar>(options.bound)),
        least_(static_cast<Scalar>(2 * options.bound * options.min_size)),
        room_(static_cast<Scalar>(2 * options.bound *
                                  (1 - static_cast<double>(options.bins) * options.min_size))),
        size_map_(options.size_bound > 0 ? options.size_bound : 1),
        slope_map_(slope_map) {}

  static constexpr const char* tag() { return periodic ? "periodic spline" : "spline"; }
  static constexpr auto structure() requires Structured<SlopeMap> {
    return std::tuple(Option{"options", &RationalQuadraticSpline::options},
                      Option{"slope_map", &RationalQuadraticSpline::slope_map});
  }
  const SplineOptions& options() const { return options_; }
  const SlopeMap& slope_map() const { return slope_map_; }
  Eigen::Index bins() const { return bins_; }
  constexpr Scalar bound() const { return bound_; }
  constexpr Eigen::Index parameters() const {
    return 3 * bins_ + (periodic ? (options_.rotate ? 1 : 0) : -1);
  }
  Eigen::Index kept() const { return Kept::count + (bounds_sizes() ? 2 * bins_ : 0); }

  /// The same point of the circle, within the bounds: what a conditioner reads of it.
  template <class Number>
  Number wrapped(Number x) const requires(periodic) {
    return select(abs(x) < Number(reach()), into_bounds(x), x);
  }

  template <class Number, class Slots>
  Transformed<Number> forward(Number x, const Slots& slots) const {
    return evaluate<false>(x, slots);
  }
  template <class Number, class Slots>
  Transformed<Number> inverse(Number y, const Slots& slots) const {
    return evaluate<true>(y, slots);
  }
  template <class Number, class Slots>
  Number forward_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    return vjp<false>(grad, grad_log_det, slots);
  }
  template <class Number, class Slots>
  Number inverse_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    return vjp<true>(grad, grad_log_det, slots);
  }

 private:
  static SlopeMap slope_map_of(const SplineOptions& options) {
    if constexpr (std::is_same_v<SlopeMap, SoftClip>)
      return SoftClip(-std::log(options.min_slope));
    else
      return SlopeMap();
  }

  template <class Number>
  struct Bin {
    Number index, x, width, y, height;  // x, y: its lower left corner
    Number left, right;                 // the free numbers of the slopes at its knots
  };

  // The kept values. The exponentials of the softmaxes stay in slots 0 .. 2K-1. The turn of a slope is its derivative
  // in its free number. The index is -1 if the map is the identity. With bounded sizes the derivatives of the 2K
  // bounds follow.
  struct Kept {
    enum Slot {
      index,
      done,
      x,
      width,
      width_scale,
      y,
      height,
      height_scale,
      left,
      left_turn,
      right,
      right_turn,
      count
    };
  };

  template <bool generating, class Number, class Slots>
  Transformed<Number> evaluate(Number input, const Slots& slots) const {
    Number from = input;
    if constexpr (periodic && generating)
      if (options_.rotate) from = from - slots[3 * bins_];
    const auto curved = abs(from) < Number(reach());
    from = into_bounds(from);

    const Number width_scale = exponentiate(slots, 0), height_scale = exponentiate(slots, bins_);
    const Bin<Number> bin = find<generating>(from, slots, width_scale, height_scale);
    const auto left = slope_map_(bin.left), right = slope_map_(bin.right);
    const Number left_slope = exp(left.value), right_slope = exp(right.value);

    const detail::RationalQuadratic<Number> curve{bin.height / bin.width, left_slope, right_slope};
    const Number way = generating ? (from - bin.y) / bin.height : (from - bin.x) / bin.width;
    const Number part = min(max(way, Number(0)), Number(1));
    const auto position = generating ? curve.reached(part) : curve.position(part);
    const auto terms = curve.terms(position);
    Number to = generating ? fma(bin.width, position.done, bin.x)
                           : fma(bin.height, curve.climbed(position, terms), bin.y);
    const Number log_slope = log(curve.slope(terms));

    if constexpr (periodic && !generating)
      if (options_.rotate) to = to + slots[3 * bins_];
    to = into_bounds(to);
    if constexpr (periodic) to = select(to < Number(bound_), to, Number(-bound_));

    const Eigen::Index kept = parameters();
    slots.set(kept + Kept::index, select(curved, bin.index, Number(-1)));
    slots.set(kept + Kept::done, position.done);
    slots.set(kept + Kept::x, bin.x);
    slots.set(kept + Kept::width, bin.width);
    slots.set(kept + Kept::width_scale, width_scale);
    slots.set(kept + Kept::y, bin.y);
    slots.set(kept + Kept::height, bin.height);
    slots.set(kept + Kept::height_scale, height_scale);
    slots.set(kept + Kept::left, left_slope);
    slots.set(kept + Kept::left_turn, left_slope * left.slope);
    slots.set(kept + Kept::right, right_slope);
    slots.set(kept + Kept::right_turn, right_slope * right.slope);
    return {select(curved, to, input), select(curved, generating ? -log_slope : log_slope, Number(0))};
  }

  bool bounds_sizes() const { return options_.size_bound > 0; }
  Eigen::Index size_turn(Eigen::Index k) const { return parameters() + Kept::count + k; }

  // How far the spline is curved. For an angle of more than 1/ε periods, x modulo the period is only rounding error:
  // the map is the identity.
  Scalar reach() const { return periodic ? bound_ / std::numeric_limits<Scalar>::epsilon() : bound_; }

  template <class Number>
  Number into_bounds(Number x) const {
    if constexpr (periodic) {
      const Number period(2 * bound_);
      x = x - period * floor((x + Number(bound_)) / period);
    }
    return min(max(x, Number(-bound_)), Number(bound_));
  }

  // Replaces K free numbers by the exponentials of their difference from the largest. Returns the bin size per unit of
  // them.
  template <class Slots>
  auto exponentiate(const Slots& slots, Eigen::Index first) const {
    using Number = typename Slots::Number;
    if (bounds_sizes())
      for (Eigen::Index k = first; k < first + bins_; ++k) {
        const auto size = size_map_(slots[k]);
        slots.set(k, size.value);
        slots.set(size_turn(k), size.slope);
      }
    Number largest = slots[first], sum(0);
    for (Eigen::Index k = 1; k < bins_; ++k) largest = max(largest, slots[first + k]);
    for (Eigen::Index k = 0; k < bins_; ++k) {
      const Number e = exp(slots[first + k] - largest);
      slots.set(first + k, e);
      sum += e;
    }
    return Number(room_) / sum;
  }

  // The bin of `target`, an x or (generating) a y: the last bin that begins at or before it.
  template <bool generating, class Number, class Slots>
  Bin<Number> find(Number target, const Slots& slots, Number width_scale, Number height_scale) const {
    const Number least(least_);
    Bin<Number> bin{Number(0), Number(-bound_), {}, Number(-bound_), {}, {}, slope_at(slots, 0)}, found{};
    for (Eigen::Index k = 0; k < bins_; ++k) {
      bin.index = Number(static_cast<Scalar>(k));
      bin.width = fma(slots[k], width_scale, least);
      bin.height = fma(slots[bins_ + k], height_scale, least);
      bin.left = bin.right;
      bin.right = slope_at(slots, k + 1);
      const auto begun = (generating ? bin.y : bin.x) <= target;
      found = k == 0
                  ? bin
                  : Bin<Number>{select(begun, bin.index, found.index),   select(begun, bin.x, found.x),
                                select(begun, bin.width, found.width),   select(begun, bin.y, found.y),
                                select(begun, bin.height, found.height), select(begun, bin.left, found.left),
                                select(begun, bin.right, found.right)};
      bin.x += bin.width;
      bin.y += bin.height;
    }
    return found;
  }

  // The free number of the slope at a knot. At the tails it is zero: a slope of one.
  template <class Slots>
  auto slope_at(const Slots& slots, Eigen::Index knot) const {
    using Number = typename Slots::Number;
    if constexpr (periodic) return slots[2 * bins_ + (knot == bins_ ? 0 : knot)];
    return knot == 0 || knot == bins_ ? Number(0) : slots[2 * bins_ + knot - 1];
  }

  template <bool generating, class Number, class Slots>
  Number vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    const auto kept = [&](typename Kept::Slot slot) { return slots[parameters() + slot]; };
    const Number zero(0), index = kept(Kept::index), width = kept(Kept::width), height = kept(Kept::height);
    const auto curved = index >= zero;
    const detail::RationalQuadratic<Number> curve{height / width, kept(Kept::left), kept(Kept::right)};
    const auto position = curve.position(kept(Kept::done));
    const auto terms = curve.terms(position);
    const Number per_width = Number(1) / width;

    // Implicit differentiation of f(x) = y: with `grad_y` the cotangent of y, the parameters have the gradient of f
    // for the cotangents -grad_y and -grad_log_det.
    Number grad_y = select(curved, grad, zero);
    Number grad_log_slope = select(curved, grad_log_det, zero);
    Number grad_done;
    if constexpr (generating) {
      grad_done = -(grad_y * width);
      grad_log_slope = -grad_log_slope;
      const Number through_slope = curve.gradient(position, terms, zero, grad_log_slope).done;
      grad_y = (grad_done - through_slope) / (width * curve.slope(terms));
    }
    const auto g = curve.gradient(position, terms, grad_y * height, grad_log_slope);
    if constexpr (!generating) grad_done = g.done;
    const Number grad_x = grad_done * per_width;

    give_sizes(slots, 0, kept(Kept::width_scale), index, kept(Kept::x), width, -grad_x,
               -(fma(grad_done, position.done, g.chord * curve.chord) * per_width));
    give_sizes(slots, bins_, kept(Kept::height_scale), index, kept(Kept::y), height, grad_y,
               fma(grad_y, curve.climbed(position, terms), g.chord * per_width));
    give_slopes(slots, index, g.left * kept(Kept::left_turn), g.right * kept(Kept::right_turn));
    if constexpr (periodic)
      if (options_.rotate) slots.set(3 * bins_, grad_y);
    return select(curved, generating ? -grad_y : grad_x, grad);
  }

  // The gradient of K free sizes, from the gradients of the corner (the sum of all sizes before) and of the size of the
  // bin `index`: size · (own share - Σ size · share) through the softmax.
  template <class Number, class Slots>
  void give_sizes(const Slots& slots, Eigen::Index first, Number scale, Number index, Number corner,
                  Number size, Number grad_corner, Number grad_size) const {
    const Number least(least_), before = corner + Number(bound_) - index * least;
    const Number mean = fma(grad_corner, before, grad_size * (size - least)) * Number(1 / room_);
    const Number share_before = (grad_corner - mean) * scale, share_own = (grad_size - mean) * scale;
    const Number share_after = -(mean * scale);
    for (Eigen::Index k = 0; k < bins_; ++k) {
      const Number place(static_cast<Scalar>(k));
      const Number share =
          select(place < index, share_before, select(place <= index, share_own, share_after));
      slots.set(first + k, slots[first + k] * share);
    }
    if (bounds_sizes())
      for (Eigen::Index k = first; k < first + bins_; ++k) slots.set(k, slots[k] * slots[size_turn(k)]);
  }

  template <class Number, class Slots>
  void give_slopes(const Slots& slots, Number index, Number grad_left, Number grad_right) const {
    const Number zero(0);
    const Number next = index + Number(1);
    for (Eigen::Index knot = periodic ? 0 : 1; knot < bins_; ++knot) {
      const Number place(static_cast<Scalar>(knot));
      Number grad = select(place <= index, select(place < index, zero, grad_left),
                           select(place <= next, grad_right, zero));
      if (periodic && knot == 0) grad += select(Number(static_cast<Scalar>(bins_)) <= next, grad_right, zero);
      slots.set(2 * bins_ + knot - (periodic ? 0 : 1), grad);
    }
  }

  SplineOptions options_;
  Eigen::Index bins_;
  Scalar bound_;
  Scalar least_;  // minimum size of a bin
  Scalar room_;   // the size that the softmax distributes
  SoftClip size_map_;
  SlopeMap slope_map_;
};

}  // namespace eigenflow
