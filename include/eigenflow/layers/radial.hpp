#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The radial layer of Rezende & Mohamed (arXiv:1505.05770, eq. 14): contracts or expands around a centre.
///
///   map         f(x) = x + β̂/(α + r) (x - x₀) with r = ‖x - x₀‖ (Euclidean); f(x₀) = x₀ at r = 0
///   log-det     (D - 1) log g + log g₁ with g = (r + s)/(α + r) the stretch across the radius,
///               g₁ = ∂(r g)/∂r = (r² + 2αr + αs)/(α + r)² the stretch along it
///   constraint  α = softplus(α') > 0 and s = α + β̂ = softplus(β') > 0                       (appendix A.2)
///               every theta is invertible, and α' = β' is the identity
///   inverse     closed form: r = (-c + √(c² + 4αγ))/2 with γ = ‖y - x₀‖ and c = s - γ,
///               in the form without cancellation
///
/// All formulas use p = α/(α + r), q = r/(α + r) and σ = s/(α + r), sums of positive terms.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Radial {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector x0;     ///< D: the centre
    typename Visitor::Scalar alpha;  ///< α', α = softplus(α')
    typename Visitor::Scalar beta;   ///< β', α + β̂ = softplus(β')
  };

  Radial() requires(Dim_ != Eigen::Dynamic) = default;
  constexpr explicit Radial(Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* tag() { return "Radial"; }
  constexpr Eigen::Index dim() const { return dim_; }

  static constexpr auto structure() { return std::tuple(Option{"dim", &Radial::dim}); }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("x0", self.dim()), visit.scalar("alpha"), visit.scalar("beta")};
  }

  /// A random centre, close to the identity.
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    auto p = view_parameters(*this, theta);
    rng.fill_normal(p.x0);
    p.alpha = 0;
    p.beta = Scalar(0.01) * rng.normal<Scalar>();
  }

  /// The theta, D + 2 numbers, of the map x + β̂/(α + r) (x - x₀) with the given α and β̂, as in the paper and other
  /// libraries. Throws std::invalid_argument unless x₀ has D entries, all are finite, α > 0 and β̂ > -α.
  VectorX<Scalar> parameters_from(const VectorX<Scalar>& x0, Scalar alpha, Scalar beta_hat) const {
    if (x0.size() != dim())
      detail::reject("a radial map of " + std::to_string(dim()) +
                     " features needs a centre of as many, but got " + std::to_string(x0.size()));
    const Scalar s = alpha + beta_hat;
    if (!detail::is_finite(s) || !detail::all_finite(x0))
      detail::reject("the centre, alpha and beta of a radial map must be finite, but the centre's norm is " +
                     detail::decimal(x0.norm()) + ", alpha " + detail::decimal(alpha) + " and beta " +
                     detail::decimal(beta_hat));
    if (!(alpha > 0 && s > 0))
      detail::reject("a radial map is invertible if alpha > 0 and beta > -alpha, but got alpha = " +
                     detail::decimal(alpha) + " and beta = " + detail::decimal(beta_hat));
    VectorX<Scalar> theta(dim() + 2);
    theta << x0, detail::inverse_softplus(alpha), detail::inverse_softplus(s);
    return theta;
  }

  struct Tape {
    const Scalar* offset;  // N × D: x - x₀
    const Scalar* radius;  // N: r
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<false>(theta, tile);
  }
  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<true>(theta, tile);
  }

  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    vjp<false>(theta, grad, tape, tile);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    vjp<true>(theta, grad, tape, tile);
  }

 private:
  using Number = Lanes<Scalar>;

  // Positive for every theta: without the bound, softplus underflows far below zero.
  static Scalar positive(Scalar free) {
    return std::max(detail::softplus(free), std::sqrt(std::numeric_limits<Scalar>::min()));
  }

  // The factors of the map at radius r.
  struct Shape {
    Number span, p, q, sigma;  // 1/(α + r), α/(α + r), r/(α + r), s/(α + r)

    Shape(Scalar alpha, Scalar s, Number r) : span(Number(1) / (Number(alpha) + r)) {
      p = Number(alpha) * span;
      q = r * span;
      sigma = Number(s) * span;
    }
    Number excess() const { return sigma - p; }                   // g - 1 = β̂/(α + r)
    Number across() const { return q + sigma; }                   // g, the stretch across the radius
    Number along() const { return q * (q + p + p) + p * sigma; }  // g₁, the stretch along it
  };

  // √(a² + b²) for a, b ≥ 0 without overflow.
  static Number hypotenuse(Number a, Number b) {
    const Number large = max(a, b), small = min(a, b);
    const Number ratio = small / max(large, Number(std::numeric_limits<Scalar>::min()));
    return large * sqrt(fma(ratio, ratio, Number(1)));
  }

  Number distance(const RowStep<Scalar>& step, const Tile<Scalar>& tile, const Scalar* x0) const {
    Number largest(0), sum(0);
    for (Eigen::Index j = 0; j < dim(); ++j)
      largest = max(largest, abs(step.load(tile.values.col(j).data()) - Number(x0[j])));
    // Squares overflow and underflow: for very large and very small numbers, scale by the largest.
    const Scalar high = std::sqrt(std::numeric_limits<Scalar>::max()) / 16, low = 1 / high;
    const auto far = largest > Number(high), near = (largest < Number(low)) & (largest > Number(0));
    const Number scale = select(far | near, largest, Number(1));
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Number offset = (step.load(tile.values.col(j).data()) - Number(x0[j])) / scale;
      sum = fma(offset, offset, sum);
    }
    return sqrt(sum) * scale;
  }

  static Number inverse_radius(Scalar alpha, Scalar s, Number gamma) {
    const Number c = Number(s) - gamma, size = abs(c);
    const Number root = hypotenuse(size, Number(2 * std::sqrt(alpha)) * sqrt(gamma));
    const Number larger = size + root;  // > 0, since s > 0
    return select(c > Number(0), Number(2 * alpha) * (gamma / larger), Number(Scalar(0.5)) * larger);
  }

  template <bool generating>
  Tape evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const auto params = view_parameters(*this, theta);
    const Scalar alpha = positive(params.alpha), s = positive(params.beta);
    const Eigen::Index rows = tile.rows();
    typename Tile<Scalar>::Matrix kept = tile.scratch(tile.record ? dim() + 1 : 0);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
      const Number reach = distance(step, tile, params.x0.data());
      const Number r = generating ? inverse_radius(alpha, s, reach) : reach;
      const Shape shape(alpha, s, r);
      const Number across = shape.across();
      for (Eigen::Index j = 0; j < dim(); ++j) {
        Scalar* const x = tile.values.col(j).data();
        const Number from = step.load(x);
        Number offset = from - Number(params.x0[j]);
        if constexpr (generating) offset = offset / across;
        const Number moved = offset * shape.excess();
        step.store(x, generating ? from - moved : from + moved);
        if (tile.record) step.store(kept.col(j).data(), offset);
      }
      const Number log_det = fma(Number(static_cast<Scalar>(dim() - 1)), log(across), log(shape.along()));
      const Number before = step.load(tile.log_det.data());
      step.store(tile.log_det.data(), generating ? before - log_det : before + log_det);
      if (tile.record) step.store(kept.col(dim()).data(), r);
    }
    if (!tile.record) return {};
    return {kept.data(), kept.col(dim()).data()};
  }

  // With d = x - x₀ and e = y - x₀: e = g(r) d, whose Jacobian is g across the radius and g₁ along it. The
  // inverse's vjp solves with that (symmetric) Jacobian.
  template <bool generating>
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
           Tile<Scalar>& tile) const {
    const auto params = view_parameters(*this, theta);
    const Scalar alpha = positive(params.alpha), s = positive(params.beta);
    const Eigen::Index rows = tile.rows();
    const Number one(1), others(static_cast<Scalar>(dim() - 1));
    const ArenaScope scope(*tile.arena);
    PerFeature<Number, Dim_> sum_x0(*tile.arena, dim());
    Number sum_alpha(0), sum_s(0);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
      const Number r = step.load(tape.radius);
      const Shape shape(alpha, s, r);
      const Number g = shape.across(), g1 = shape.along(), span = shape.span, excess = shape.excess();
      const Number inverse_r =
          select(r > Number(0), one / max(r, Number(std::numeric_limits<Scalar>::min())), Number(0));
      const Number grad_log_det = step.load(tile.grad_log_det.data());
      const Number sign_log_det = generating ? -grad_log_det : grad_log_det;

      // ∂ log-det / ∂(r, α, s); ∂g/∂r = -(g - 1)/(α + r), ∂g₁/∂r = 2 p (p - σ)/(α + r)
      const Number slope_r = -(others * excess / g + (shape.p + shape.p) * excess / g1) * span;
      const Number slope_alpha = ((shape.q + g - g1 - g1) / g1 - others) * span;
      const Number slope_s = (others / g + shape.p / g1) * span;

      Number along(0);  // the cotangent of the offset, along the radius
      for (Eigen::Index j = 0; j < dim(); ++j)
        along = fma(step.load(tile.grad_values.col(j).data()), step.load(tape.offset + j * rows) * inverse_r,
                    along);
      const Number turn = sign_log_det * slope_r;
      // forward: the input's cotangent is g G + (g₁ - g)(G·d̂) d̂ + turn d̂
      // inverse: it is (G + turn d̂) times the inverse Jacobian
      const Number shrink = shape.q * excess;  // g - g₁
      const Number radial = generating ? turn / g1 + along * shrink / (g * g1) : turn - along * shrink;
      const Number scale = generating ? one / g : g;
      for (Eigen::Index j = 0; j < dim(); ++j) {
        Scalar* const to = tile.grad_values.col(j).data();
        const Number from = step.load(to);
        const Number result = fma(from, scale, radial * (step.load(tape.offset + j * rows) * inverse_r));
        sum_x0[j] += from - result;
        step.store(to, result);
      }
      // ∂g/∂α = -g/(α + r), ∂g/∂s = 1/(α + r), times the cotangent of e along d
      const Number along_e = r * (generating ? -((along + turn) / g1) : along);
      sum_alpha += fma(sign_log_det, slope_alpha, -(along_e * g * span));
      sum_s += fma(sign_log_det, slope_s, along_e * span);
    }
    if (grad.empty()) return;
    auto out = view_parameters(*this, grad);
    for (Eigen::Index j = 0; j < dim(); ++j) out.x0[j] += reduce_add(sum_x0[j]);
    // Scale before the sum over lanes, so that no compiler fuses the product with the addition to the gradient.
    out.alpha += reduce_add(sum_alpha * Number(detail::sigmoid(params.alpha)));
    out.beta += reduce_add(sum_s * Number(detail::sigmoid(params.beta)));
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
};

}  // namespace eigenflow
