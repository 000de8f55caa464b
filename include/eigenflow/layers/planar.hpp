#pragma once

#include <Eigen/Core>
#include <memory>
#include <span>
#include <string>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/detail/planar_constraint.hpp"
#include "eigenflow/layers/detail/planar_root.hpp"
#include "eigenflow/maps/monotone.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow {

/// The planar layer of Rezende & Mohamed,
/// "Variational inference with normalizing flows" (arXiv:1505.05770):
///
///   map         f(x) = x + û h(a) with a = wᵀx + b                                                (eq. 10)
///               h monotone with slopes in [0, M], tanh by default
///   log-det     log(1 + wᵀû h'(a)) = log((1 - h'/M) + s h'/M) with s = 1 + M wᵀû                  (eq. 12)
///   constraint  û = u + ((s - 1)/M - wᵀu) w/‖w‖² with s = softplus(M wᵀu + ln(e - 1)) > 0   (appendix A.1)
///               every theta is invertible and u = 0 is the identity; û = u if w = 0
///   inverse     f⁻¹(y) = y - û h(v) where v solves v + wᵀû h(v) = wᵀy + b,
///               strictly increasing in v: Newton's method in a bracket
///   gradient    of the inverse by the implicit-function theorem:
///               dv = (d(wᵀy + b) - h d(wᵀû)) / (1 + wᵀû h')
///
/// Numerics: the residual |f(f⁻¹(y)) - y| stays within a few ulp of the largest intermediate for every theta;
/// log_det is finite for every theta, because s itself is computed and never s - 1.
template <class Scalar_, int Dim_ = Eigen::Dynamic, class Monotone = Tanh>
class Planar {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector u;  ///< D: the direction in which points move, before the constraint
    typename Visitor::Vector w;  ///< D: the normal of the planes
    typename Visitor::Scalar b;
  };

  Planar() requires(Dim_ != Eigen::Dynamic) = default;
  constexpr explicit Planar(Dimension<Dim_> dim, Monotone h = {})
      : dim_(dim), h_(detail::checked_monotone(h)) {}

  static std::string tag() { return "Planar, h = " + detail::tag_of<Monotone>("h(a)"); }
  constexpr Eigen::Index dim() const { return dim_; }
  const Monotone& h() const { return h_; }

  static constexpr auto structure() {
    return std::tuple(Option{"dim", &Planar::dim}, Option{"h", &Planar::h});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("u", self.dim()), visit.vector("w", self.dim()), visit.scalar("b")};
  }

  /// Random planes near the origin, and a small u: close to the identity.
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    auto p = view_parameters(*this, theta);
    rng.fill_normal(p.u);
    p.u *= Scalar(0.01);
    rng.fill_normal(p.w);
    p.b = rng.normal<Scalar>();
  }

  /// The theta, 2D + 1 numbers, of the map x + û h(wᵀx + b) with the given û, as in the paper and other
  /// libraries: flow.set_parameters(planar.parameters_from(u_hat, w, b)). Throws std::invalid_argument unless both
  /// vectors have D entries, all are finite and the map is invertible: 1 + M wᵀû > 0.
  VectorX<Scalar> parameters_from(const VectorX<Scalar>& u_hat, const VectorX<Scalar>& w, Scalar b) const {
    if (u_hat.size() != dim() || w.size() != dim())
      detail::reject("a planar map of " + std::to_string(dim()) +
                     " features needs a u and a w of as many, but got " + std::to_string(u_hat.size()) +
                     " and " + std::to_string(w.size()));
    VectorX<Scalar> theta(2 * dim() + 1);
    theta << u_hat, w, b;
    const Scalar max_slope = static_cast<Scalar>(h_.max_slope()), s = 1 + max_slope * w.dot(u_hat);
    if (!detail::is_finite(s) || !detail::all_finite(theta))
      detail::reject("the u, w and b of a planar map must be finite, as must wᵀu, but wᵀu is " +
                     detail::decimal(w.dot(u_hat)) + " and b is " + detail::decimal(b));
    if (!(s > 0))
      detail::reject("a planar map with wᵀu = " + detail::decimal(w.dot(u_hat)) +
                     " is not invertible: wᵀu must be above " + detail::decimal(-1 / max_slope));
    theta.head(dim()) = detail::free_planar_u<Scalar>(u_hat, w, max_slope);
    return theta;
  }

  /// N numbers each, of the direction that was evaluated.
  struct Tape {
    const detail::PlanarConstraint<Scalar, Dim_>* constraint;
    const Scalar* input;     // N × D
    const Scalar* value;     // h(a)
    const Scalar* slope;     // h'(a) / M
    const Scalar* tilt;      // ∂ log(1 + wᵀû h') / ∂a
    const Scalar* contract;  // 1 / (1 + wᵀû h')
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
  using Constraint = detail::PlanarConstraint<Scalar, Dim_>;

  template <bool generating>
  Tape evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    const Eigen::Index rows = tile.rows();
    const Scalar max_slope = static_cast<Scalar>(h_.max_slope());
    typename Tile<Scalar>::Matrix kept = tile.scratch(tile.record ? dim() + 4 : 0);
    if (tile.record) kept.leftCols(dim()) = tile.values;
    // N numbers each, behind the N × D of the input; none if nothing is kept.
    const auto kept_column = [&](Eigen::Index i) {
      return tile.record ? kept.col(dim() + i).data() : nullptr;
    };
    Scalar *const value = kept_column(0), *const slope = kept_column(1), *const tilt = kept_column(2),
                  *const contract = kept_column(3);

    const Constraint& c =
        *std::construct_at(tile.arena->template allocate<Constraint>(1), p.u.data(), p.w.data(), dim(),
                           max_slope, detail::smallest_s<Scalar>(h_), *tile.arena);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
      using Number = Lanes<Scalar>;
      Number a(p.b);
      for (Eigen::Index j = 0; j < dim(); ++j)
        a = fma(Number(p.w[j]), step.load(tile.values.col(j).data()), a);
      if constexpr (generating) a = detail::planar_root(h_, c.s, a);
      const MonotoneAt<Number> h = h_(a);
      const Number jacobian = fma(Number(c.s), h.slope, h.complement);
      for (Eigen::Index j = 0; j < dim(); ++j) {
        Scalar* const x = tile.values.col(j).data();
        step.store(x, fma(Number(generating ? -c.u_hat[j] : c.u_hat[j]), h.value, step.load(x)));
      }
      if constexpr (generating)
        if (c.s > 2) land_on_root(step, p, c, a, h.slope, tile);
      const Number log_det = log(jacobian), before = step.load(tile.log_det.data());
      step.store(tile.log_det.data(), generating ? before - log_det : before + log_det);
      if (tile.record) {
        const Number shrink = Number(1) / jacobian;
        step.store(value, h.value);
        step.store(slope, h.slope);
        step.store(tilt, Number(c.s - 1) * h.curvature * shrink);
        step.store(contract, shrink);
      }
    }
    return {&c, kept.data(), value, slope, tilt, contract};
  }

  // If the map stretches, y - û h(v) has the rounding error of y, which is larger than that of x. This corrects x
  // along w, by a rounding error of y, so that wᵀx + b is v again.
  template <class Views>
  void land_on_root(const RowStep<Scalar>& step, const Views& p, const Constraint& c, Lanes<Scalar> v,
                    Lanes<Scalar> slope, Tile<Scalar>& tile) const {
    using Number = Lanes<Scalar>;
    Number a(p.b);
    for (Eigen::Index j = 0; j < dim(); ++j) a = fma(Number(p.w[j]), step.load(tile.values.col(j).data()), a);
    const Number missing = select(Number(c.s - 1) * slope >= Number(1), v - a, Number(0));
    for (Eigen::Index j = 0; j < dim(); ++j) {
      Scalar* const x = tile.values.col(j).data();
      step.store(x, fma(Number(c.inverse_w(j)), missing, step.load(x)));
    }
  }

  // With τ = wᵀ(input) + b: forward has a = τ;
  // the inverse has v(τ, k) with k = wᵀû and dv = (dτ - h dk)/(1 + k h').
  template <bool generating>
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
           Tile<Scalar>& tile) const {
    using Number = Lanes<Scalar>;
    const auto p = view_parameters(*this, theta);
    const Eigen::Index rows = tile.rows();
    const Scalar max_slope = static_cast<Scalar>(h_.max_slope());
    const Constraint& c = *tape.constraint;
    PerFeature<Number, Dim_> sum_u_hat(*tile.arena, dim()), sum_w(*tile.arena, dim());
    Number sum_s(0), sum_b(0);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
      const Number h = step.load(tape.value), slope = step.load(tape.slope),
                   contract = step.load(tape.contract);
      const Number grad_log_det =
          generating ? -step.load(tile.grad_log_det.data()) : step.load(tile.grad_log_det.data());
      const Number moved = generating ? -h : h;  // output = input + û · moved
      Number grad_h(0);
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const Number g = step.load(tile.grad_values.col(j).data());
        grad_h = fma(Number(c.u_hat[j]), g, grad_h);
        sum_u_hat[j] = fma(g, moved, sum_u_hat[j]);
      }
      if constexpr (generating) grad_h = -grad_h;
      Number grad_tau = fma(grad_h * Number(max_slope), slope, grad_log_det * step.load(tape.tilt));
      sum_s += grad_log_det * slope * contract;
      if constexpr (generating) {
        grad_tau *= contract;
        sum_s -= grad_tau * h * Number(1 / max_slope);
      }
      sum_b += grad_tau;
      for (Eigen::Index j = 0; j < dim(); ++j) {
        Scalar* const g = tile.grad_values.col(j).data();
        step.store(g, fma(Number(p.w[j]), grad_tau, step.load(g)));
        sum_w[j] = fma(step.load(tape.input + j * rows), grad_tau, sum_w[j]);
      }
    }
    if (grad.empty()) return;
    PerFeature<Scalar, Dim_> grad_u_hat(*tile.arena, dim()), grad_w(*tile.arena, dim());
    for (Eigen::Index j = 0; j < dim(); ++j) {
      grad_u_hat[j] = reduce_add(sum_u_hat[j]);
      grad_w[j] = reduce_add(sum_w[j]);
    }
    auto g = view_parameters(*this, grad);
    c.pull_back(grad_u_hat, reduce_add(sum_s), grad_w, g.u, g.w);
    g.b += reduce_add(sum_b);
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  [[no_unique_address]] Monotone h_;
};

}  // namespace eigenflow
