#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/concepts/transformer.hpp"

// The scalar maps x → z of Support, from the inside of a support to the real line (from a circle to [-π, π)). They are
// increasing, with exact log-dets at both ends. `g` and `l` are the cotangents of the output and of its log_det.

namespace eigenflow::detail {

/// A distance from an edge, at least a few times the smallest normal number; a NaN stays NaN.
template <class Scalar>
Lanes<Scalar> off_edge(Lanes<Scalar> distance) {
  const Lanes<Scalar> least(8 * std::numeric_limits<Scalar>::min());
  return select(distance < least, least, distance);
}

/// (low, high) by the logit, z = log((x - low)/(high - x)). With e = e^{-|z|}, the ratio of the shorter to
/// the longer distance from an end: log-det |z| + 2 log(1 + e) - log(high - low).
template <class Scalar>
struct IntervalMap {
  using Number = Lanes<Scalar>;
  Scalar low, high;

  Scalar lowest() const { return std::nextafter(low, high); }
  Scalar highest() const { return std::nextafter(high, low); }

  Transformed<Number> forward(Number x) const {
    const Number a = x - Number(low), b = Number(high) - x;
    const auto lower = a < b;
    const Number e = off_edge<Scalar>(select(lower, a, b) / select(lower, b, a)), size = -log(e);
    return {select(lower, -size, size), size + Number(2) * log1p_unit(e) - log_width()};
  }
  Transformed<Number> inverse(Number z) const {
    const Number size = abs(z), e = exp(-size), near = Number(high - low) * (e / (Number(1) + e));
    return {select(z < Number(0), Number(low) + near, Number(high) - near),
            log_width() - size - Number(2) * log1p_unit(e)};
  }
  Number forward_vjp(Number x, Number g, Number l) const {
    return (g - l) / off_edge<Scalar>(x - Number(low)) + (g + l) / off_edge<Scalar>(Number(high) - x);
  }
  Number inverse_vjp(Number z, Number g, Number l) const {
    const Number one(1), e = exp(-abs(z)), ratio = one / (one + e), tilt = (one - e) * ratio;
    return fma(g * Number(high - low), e * ratio * ratio, l * select(z < Number(0), tilt, -tilt));
  }

 private:
  Number log_width() const { return Number(std::log(high - low)); }
};

/// The common part of half lines: a = x - edge, mirrored (side -1) for an upper edge.
template <class Scalar>
struct HalfLine {
  using Number = Lanes<Scalar>;
  Scalar edge;
  Scalar side;

  Scalar lowest() const { return side > 0 ? std::nextafter(edge, farthest) : -farthest; }
  Scalar highest() const { return side > 0 ? farthest : std::nextafter(edge, -farthest); }
  Number distance(Number x) const { return off_edge<Scalar>(Number(side) * (x - Number(edge))); }
  Number at(Number distance) const { return fma(Number(side), distance, Number(edge)); }

 private:
  static constexpr Scalar farthest = std::numeric_limits<Scalar>::max();
};

/// A half line by the logarithm, z = log a with log-det -log a.
template <class Scalar>
struct LogMap : HalfLine<Scalar> {
  using Number = Lanes<Scalar>;

  Transformed<Number> forward(Number x) const {
    const Number log_a = log(this->distance(x));
    return {Number(this->side) * log_a, -log_a};
  }
  Transformed<Number> inverse(Number z) const {
    const Number log_a = Number(this->side) * z;
    return {this->at(exp(log_a)), log_a};
  }
  Number forward_vjp(Number x, Number g, Number l) const {
    return (g - Number(this->side) * l) / this->distance(x);
  }
  Number inverse_vjp(Number z, Number g, Number l) const {
    const Number sign(this->side);
    return fma(g, exp(sign * z), sign * l);
  }
};

/// A half line by the inverse of softplus, z = log(eᵃ - 1) = a + log(1 - e⁻ᵃ) with log-det -log(1 - e⁻ᵃ): the
/// identity far from the edge, where a logarithm would compress long tails. 1 - e⁻ᵃ = 2t/(1 + t), t = tanh(a/2).
template <class Scalar>
struct SoftplusMap : HalfLine<Scalar> {
  using Number = Lanes<Scalar>;

  Transformed<Number> forward(Number x) const {
    const Number a = this->distance(x), t = tanh(Number(Scalar(0.5)) * a),
                 log_slope = -log((t + t) / (Number(1) + t));
    return {Number(this->side) * (a - log_slope), log_slope};
  }
  Transformed<Number> inverse(Number z) const {
    const Number along = Number(this->side) * z;
    return {this->at(softplus(along)), -softplus(-along)};
  }
  Number forward_vjp(Number x, Number g, Number l) const {
    const Number one(1), t = tanh(Number(Scalar(0.5)) * this->distance(x)), twice = one / (t + t);
    return g * ((one + t) * twice) - Number(this->side) * l * ((one - t) * twice);
  }
  Number inverse_vjp(Number z, Number g, Number l) const {
    const Number sign(this->side), along = sign * z;
    return fma(g, sigmoid(along), sign * l * sigmoid(-along));
  }
};

/// A circle onto [-π, π), z = (x - middle) 2π/(high - low) modulo 2π, and back into [low, high).
template <class Scalar>
struct CircleMap {
  using Number = Lanes<Scalar>;
  Scalar low, high;

  Scalar lowest() const { return -std::numeric_limits<Scalar>::max(); }
  Scalar highest() const { return std::numeric_limits<Scalar>::max(); }

  Transformed<Number> forward(Number x) const {
    const Number z = within(x - middle(), high - low) * Number(stretch());
    return {into(z, -pi, pi), Number(std::log(stretch()))};
  }
  Transformed<Number> inverse(Number z) const {
    const Number x = within(z, 2 * pi) * Number(1 / stretch()) + middle();
    return {into(x, low, high), Number(-std::log(stretch()))};
  }
  Number forward_vjp(Number, Number g, Number) const { return g * Number(stretch()); }
  Number inverse_vjp(Number, Number g, Number) const { return g * Number(1 / stretch()); }

 private:
  static constexpr Scalar pi = std::numbers::pi_v<Scalar>;

  Scalar stretch() const { return 2 * pi / (high - low); }
  Number middle() const { return Number(low / 2 + high / 2); }
  // Modulo the period, centred at zero.
  static Number within(Number x, Scalar period) {
    return x - Number(period) * floor(x / Number(period) + Number(Scalar(0.5)));
  }
  // Rounding must not leave [first, last).
  static Number into(Number x, Scalar first, Scalar last) {
    return select(x < Number(last), select(x < Number(first), Number(first), x),
                  select(x >= Number(last), Number(first), x));
  }
};

}  // namespace eigenflow::detail
