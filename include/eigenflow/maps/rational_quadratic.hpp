#pragma once

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow::detail {

/// One bin of a rational-quadratic spline, relative to its lower left corner (Gregory & Delbourgo, 1982; Durkan,
/// Bekasov, Murray & Papamakarios, arXiv:1906.04032, section 3.1). With the position ξ ∈ [0, 1] in the
/// bin, ξ' = 1 - ξ, the slope s of its chord and the slopes d₀, d₁ at its knots, θ is the fraction of the height
/// reached and σ the slope:
///
///   θ = ξ (s ξ + d₀ ξ')/D,   D = s (ξ² + ξ'²) + (d₀ + d₁) ξ ξ'        (eq. 4)
///   σ = s² M/D²,             M = d₁ ξ² + 2 s ξ ξ' + d₀ ξ'²            (eq. 5)
///
/// Every term is positive, so nothing cancels (the paper's D = s + (d₀ + d₁ - 2s) ξ ξ' cancels). The inverse solves, in
/// the odds t = ξ/ξ' and with θ' = 1 - θ,
///
///   s θ' t² + (d₀ θ' - d₁ θ) t - s θ = 0,
///
/// whose discriminant (d₀ θ' - d₁ θ)² + 4 s² θ θ' cannot be negative. The paper's (eqs. 6 - 8), in ξ itself, is
/// a difference that may be negative by rounding.
template <class Number>
struct RationalQuadratic {
  using Scalar = typename Number::Scalar;

  Number chord;  // s
  Number left;   // d₀
  Number right;  // d₁

  /// ξ and 1 - ξ.
  struct Position {
    Number done;
    Number rest;
  };
  static Position position(Number done) { return {done, Number(1) - done}; }

  /// The ξ at which the fraction θ of the height is reached. The smaller of ξ and 1 - ξ keeps its relative accuracy.
  Position reached(Number climbed) const {
    const Number zero(0), remaining = Number(1) - climbed, b = left * remaining - right * climbed;
    const Number up = Number(2) * chord * climbed, down = Number(2) * chord * remaining;
    const Number u = abs(b) + sqrt(fma(b, b, up * down));
    const auto early = b >= zero;  // t = up / u, else t = u / down
    const Number part = select(early, up, down) / (u + select(early, up, down));
    return {select(early, part, Number(1) - part), select(early, Number(1) - part, part)};
  }

  /// Common terms of the formulas.
  struct Terms {
    Number cross;        // ξ ξ'
    Number squares;      // ξ² + ξ'²
    Number reciprocal;   // 1 / D
    Number numerator;    // M
    Number chord_share;  // s / D
  };
  Terms terms(Position at) const {
    const Number cross = at.done * at.rest, done2 = at.done * at.done, rest2 = at.rest * at.rest;
    const Number squares = done2 + rest2;
    const Number reciprocal = Number(1) / fma(chord, squares, (left + right) * cross);
    const Number numerator = fma(right, done2, fma(left, rest2, Number(2) * chord * cross));
    return {cross, squares, reciprocal, numerator, chord * reciprocal};
  }

  Number climbed(Position at, const Terms& t) const {
    return at.done * fma(chord, at.done, left * at.rest) * t.reciprocal;
  }
  static Number slope(const Terms& t) { return t.chord_share * t.chord_share * t.numerator; }

  /// Derivatives of a loss in ξ and the three slopes.
  struct Gradient {
    Number done;
    Number chord;
    Number left;
    Number right;
  };

  /// From ∂loss/∂θ and ∂loss/∂(log σ).
  Gradient gradient(Position at, const Terms& t, Number grad_climbed, Number grad_log_slope) const {
    const Number two(2), inverse_numerator = Number(1) / t.numerator;
    const Number done2 = at.done * at.done, rest2 = at.rest * at.rest;
    const Number climb = grad_climbed * t.reciprocal * t.reciprocal;  // ∂loss/∂θ / D²
    const Number of_m = grad_log_slope * inverse_numerator;           // ∂loss/∂M by log σ
    const Number of_d = two * grad_log_slope * t.reciprocal;          // -∂loss/∂D by log σ
    const Number lean = fma(right, at.done, -(left * at.rest)), turn = at.rest - at.done;

    const Number from_d = fma(of_d, t.cross, Number(0));
    const Number low = at.done * fma(chord, at.done, left * at.rest);    // θ D
    const Number high = at.rest * fma(chord, at.rest, right * at.done);  // θ' D
    return {
        fma(climb * chord, t.numerator,
            fma(two * of_m, fma(chord, turn, lean), -(of_d * turn * (left + right - two * chord)))),
        fma(climb * t.cross, fma(right, done2, -(left * rest2)),
            fma(two * of_m, t.cross, two * grad_log_slope / chord - of_d * t.squares)),
        fma(climb * t.cross, high, fma(of_m, rest2, -from_d)),
        fma(-(climb * t.cross), low, fma(of_m, done2, -from_d)),
    };
  }
};

}  // namespace eigenflow::detail
