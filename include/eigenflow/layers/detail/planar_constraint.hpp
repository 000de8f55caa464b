#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/numerics/mul_add.hpp"

namespace eigenflow::detail {

/// The smallest s that a planar map may have. If h is unbounded, the inverse divides by s, and the result must be
/// finite.
template <class Scalar, class Monotone>
Scalar smallest_s(const Monotone& h) {
  constexpr Scalar tiny = std::numeric_limits<Scalar>::min();
  return is_finite(h.bound()) ? tiny : std::sqrt(tiny);
}

/// The inverse: the u for a given û with 1 + M wᵀû > 0.
template <class Scalar>
VectorX<Scalar> free_planar_u(const VectorX<Scalar>& u_hat, const VectorX<Scalar>& w, Scalar max_slope) {
  const Scalar size = w.cwiseAbs().maxCoeff();
  if (size < std::numeric_limits<Scalar>::min()) return u_hat;
  const VectorX<Scalar> unit = w / size;
  constexpr Scalar e = std::numbers::e_v<Scalar>;
  const Scalar k = w.dot(u_hat), slope_k = max_slope * k;
  // wᵀu, without cancellation if wᵀû is small.
  const Scalar wu = (std::abs(slope_k) < Scalar(0.5) ? std::log1p(e / (e - 1) * std::expm1(slope_k))
                                                     : inverse_softplus(1 + slope_k) - std::log(e - 1)) /
                    max_slope;
  return u_hat + (wu - k) / size / unit.squaredNorm() * unit;
}

/// Planar's û and s = 1 + M wᵀû > 0 from the free u and w (arXiv:1505.05770, appendix A.1, with a softplus
/// that is the identity at u = 0), and the pull-back of their gradients to u and w.
template <class Scalar, int Dim>
struct PlanarConstraint {
  PlanarConstraint(const Scalar* u, const Scalar* w, Eigen::Index dim, Scalar max_slope, Scalar smallest_s,
                   Arena& arena)
      : u_hat(arena, dim), unit(arena, dim), u_(u), dim_(dim), max_slope_(max_slope) {
    constexpr Scalar tiny = std::numeric_limits<Scalar>::min();
    const Scalar shift = std::log(std::numbers::e_v<Scalar> - 1);
    Scalar wu = 0;
    for (Eigen::Index j = 0; j < dim; ++j) {
      wu = mul_add(w[j], u[j], wu);
      size_ = std::max(size_, std::abs(w[j]));
      u_hat[j] = u[j];
    }
    const Scalar slope_wu = max_slope * wu, shifted = mul_add(max_slope, wu, shift);
    s = std::max(softplus(shifted), smallest_s);
    grow_ = sigmoid(shifted);
    if (size_ < tiny) {
      size_ = 0;  // no plane to constrain along: a translation by u h(b)
      return;
    }
    // w is scaled by its largest entry, so that its square neither overflows nor underflows.
    for (Eigen::Index j = 0; j < dim; ++j) {
      unit[j] = w[j] / size_;
      square_ = mul_add(unit[j], unit[j], square_);
    }
    // û is the part of u orthogonal to w (projected twice, against the rounding of a large u) plus the constrained part
    // along w.
    for (int pass = 0; pass < 2; ++pass) {
      Scalar along = 0;
      for (Eigen::Index j = 0; j < dim; ++j) along = mul_add(unit[j], u_hat[j], along);
      along /= -square_;
      for (Eigen::Index j = 0; j < dim; ++j) u_hat[j] = mul_add(along, unit[j], u_hat[j]);
    }
    // k - wᵀu and k = wᵀû without cancellation if wᵀu is small.
    excess_ = std::abs(slope_wu) > 20
                  ? mul_add(-max_slope, wu, s - 1) / max_slope
                  : std::log1p(std::expm1(-slope_wu) / std::numbers::e_v<Scalar>) / max_slope;
    const Scalar k = std::abs(slope_wu) > 1 ? (s - 1) / max_slope : wu + excess_;
    const Scalar constrained = k / size_ / square_;
    for (Eigen::Index j = 0; j < dim; ++j) u_hat[j] = mul_add(constrained, unit[j], u_hat[j]);
  }

  /// Entry j of w/‖w‖², for w ≠ 0.
  Scalar inverse_w(Eigen::Index j) const { return unit[j] / size_ / square_; }

  /// From ∂loss/∂û, ∂loss/∂s and the direct part of ∂loss/∂w, adds to ∂loss/∂u and ∂loss/∂w.
  template <class Sums, class Vector>
  void pull_back(const Sums& grad_u_hat, Scalar grad_s, const Sums& grad_w, Vector& out_u,
                 Vector& out_w) const {
    Scalar along = 0;  // wᵀ(∂loss/∂û) / ‖w‖²
    Scalar scale = 0;  // (k - wᵀu) / ‖w‖²
    if (size_ > 0) {
      for (Eigen::Index j = 0; j < dim_; ++j) along += unit[j] * grad_u_hat[j];
      along /= size_ * square_;
      scale = excess_ / size_ / size_ / square_;
    }
    const Scalar grad_wu = along * (grow_ - 1) + grad_s * max_slope_ * grow_;
    for (Eigen::Index j = 0; j < dim_; ++j) {
      const Scalar w = unit[j] * size_;
      const Scalar to_u = grad_u_hat[j] + grad_wu * w;
      const Scalar to_w = grad_w[j] + scale * grad_u_hat[j] + grad_wu * u_[j] - 2 * scale * along * w;
      out_u[j] += to_u;
      out_w[j] += to_w;
    }
  }

  PerFeature<Scalar, Dim> u_hat;
  PerFeature<Scalar, Dim> unit;  // w / max|w|
  Scalar s = 1;

 private:
  const Scalar* u_;
  Eigen::Index dim_;
  Scalar max_slope_;
  Scalar size_ = 0;    // max|w|
  Scalar square_ = 0;  // ‖unit‖²
  Scalar excess_ = 0;  // k - wᵀu
  Scalar grow_ = 0;    // ds / d(M wᵀu)
};

}  // namespace eigenflow::detail
