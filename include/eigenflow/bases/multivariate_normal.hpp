#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "eigenflow/authoring/correlation_factor.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/normal_rows.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/numerics/feature_moments.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/numerics/half_log_two_pi.hpp"
#include "eigenflow/numerics/saturating.hpp"

namespace eigenflow {

/// A normal with a full covariance, N(mean, Σ), by the Cholesky factor of its precision:
///
///   Σ⁻¹ = S⁻¹ Mᵀ M S⁻¹,   S = diag(eˢ),   M lower triangular with ones on its diagonal
///   log p(z) = -½ ‖e‖² - Σ_j s_j - (D/2) ln 2π,   e = M t,   t_j = (z_j - mean_j) e^-s_j
///
/// so that the density needs only products, for every theta. s is bounded smoothly, as in DiagonalNormal, and e^s_j is
/// the deviation of feature j given the features before it. A sample solves M t = ε, first feature first.
///
/// Starts as N(0, I). `fit` gives it the mean and the covariance of the data that reach it, unless it was trained before:
/// gradients find features that nearly determine each other only slowly. The correlations are shrunk towards none as far
/// as left-out rows ask for it (numerics/correlations.hpp).
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class MultivariateNormal {
 public:
  using Scalar = Scalar_;
  using LogScale = SoftBound<20>;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector mean;       ///< D
    typename Visitor::Vector log_scale;  ///< D: before the bound
    typename Visitor::Vector lower;      ///< D (D - 1)/2: M below its diagonal, row by row
  };

  MultivariateNormal() requires(Dim_ != Eigen::Dynamic) = default;
  constexpr explicit MultivariateNormal(Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* tag() { return "MultivariateNormal"; }
  constexpr Eigen::Index dim() const { return dim_; }

  static constexpr auto structure() { return std::tuple(Option{"dim", &MultivariateNormal::dim}); }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("mean", self.dim()), visit.vector("log_scale", self.dim()),
            visit.vector("lower", detail::saturating_triangle(self.dim() - 1))};
  }
  void initialise(std::span<Scalar> theta, Rng&) const { std::fill(theta.begin(), theta.end(), Scalar(0)); }

  /// With the correlations K Kᵀ and the deviations d of z: e^s_j = d_j K_jj, and M = K⁻¹ diag(K).
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) const {
    if (std::any_of(theta.begin(), theta.end(), [](Scalar value) { return value != 0; })) return;
    FeatureMoments moments(dim());
    tiles([&](const Tile<Scalar>& tile) { moments.add(tile.values); });
    VectorX<double> mean(dim()), deviation(dim());
    for (Eigen::Index j = 0; j < dim(); ++j) {
      mean[j] = moments.mean(j);
      deviation[j] = moments.scale<Scalar>(j);
      if (!detail::is_finite(mean[j])) return;
    }
    const MatrixX<double> k = correlation_factor(tiles, mean, deviation);
    MatrixX<double> m = MatrixX<double>::Identity(dim(), dim());
    k.template triangularView<Eigen::Lower>().solveInPlace(m);
    auto p = view_parameters(*this, theta);
    for (Eigen::Index j = 0; j < dim(); ++j) {
      p.mean[j] = static_cast<Scalar>(mean[j]);
      p.log_scale[j] = static_cast<Scalar>(LogScale{}.inverse(std::log(deviation[j] * k(j, j))));
      for (Eigen::Index i = 0; i < j; ++i) p.lower[row(j) + i] = static_cast<Scalar>(m(j, i) * k(i, i));
    }
  }

  void log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    PerFeature t(*tile.arena, dim()), shrink(*tile.arena, dim());
    Scalar constant = -static_cast<Scalar>(dim()) * detail::half_log_two_pi<Scalar>;
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Scalar s = LogScale{}(p.log_scale[j]).value;
      shrink[j] = std::exp(-s);
      constant -= s;
    }
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      Number sum(0);
      for (Eigen::Index j = 0; j < dim(); ++j) {
        t[j] = (step.load(tile.values.col(j).data()) - Number(p.mean[j])) * shrink[j];
        const Number e = times_row(p.lower.data(), t, j);
        sum = fma(e, e, sum);
      }
      step.store(tile.log_det.data(),
                 step.load(tile.log_det.data()) + fma(Number(Scalar(-0.5)), sum, Number(constant)));
    }
  }

  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    PerFeature t(*tile.arena, dim()), pull(*tile.arena, dim()), shrink(*tile.arena, dim());
    Sums sum(*tile.arena, dim());
    for (Eigen::Index j = 0; j < dim(); ++j) shrink[j] = std::exp(-LogScale{}(p.log_scale[j]).value);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      const Number grad_log_prob = step.load(tile.grad_log_det.data());
      for (Eigen::Index j = 0; j < dim(); ++j) {
        t[j] = (step.load(tile.values.col(j).data()) - Number(p.mean[j])) * shrink[j];
        pull[j] = Number(0);
      }
      // ∂loss/∂e = -g e, then ∂loss/∂t = Mᵀ ∂loss/∂e
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const Number grad_e = -grad_log_prob * times_row(p.lower.data(), t, j);
        pull[j] += grad_e;
        for (Eigen::Index k = 0; k < j; ++k) {
          pull[k] = fma(Number(p.lower[row(j) + k]), grad_e, pull[k]);
          sum.lower[row(j) + k] = fma(grad_e, t[k], sum.lower[row(j) + k]);
        }
      }
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const Number grad_z = pull[j] * shrink[j];
        step.store(tile.grad_values.col(j).data(), grad_z);
        sum.mean[j] -= grad_z;
        sum.log_scale[j] -= fma(pull[j], t[j], grad_log_prob);
      }
    }
    if (!grad.empty()) add(p, sum, grad);
  }

  void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    const auto p = view_parameters(*this, theta);
    PerFeature t(*tile.arena, dim()), stretch(*tile.arena, dim());
    for (Eigen::Index j = 0; j < dim(); ++j) stretch[j] = std::exp(LogScale{}(p.log_scale[j]).value);
    draw_normal_rows(rng, first_row, temperature, tile);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows()))
      for (Eigen::Index j = 0; j < dim(); ++j) {
        t[j] = Number(0);
        t[j] = step.load(tile.values.col(j).data()) - times_row(p.lower.data(), t, j);
        step.store(tile.values.col(j).data(), fma(stretch[j], t[j], Number(p.mean[j])));
      }
  }

  /// z = mean + S t with M t = ε: ∂z/∂s_j = z_j - mean_j, and dt = -M⁻¹ dM t.
  void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Rng, Eigen::Index,
                  const Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    PerFeature t(*tile.arena, dim()), pull(*tile.arena, dim()), stretch(*tile.arena, dim());
    Sums sum(*tile.arena, dim());
    for (Eigen::Index j = 0; j < dim(); ++j) stretch[j] = std::exp(LogScale{}(p.log_scale[j]).value);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const Number grad_z = step.load(tile.grad_values.col(j).data());
        const Number offset = step.load(tile.values.col(j).data()) - Number(p.mean[j]);
        t[j] = offset / stretch[j];
        pull[j] = grad_z * stretch[j];
        sum.mean[j] += grad_z;
        sum.log_scale[j] = fma(grad_z, offset, sum.log_scale[j]);
      }
      // ∂loss/∂ε = M⁻ᵀ ∂loss/∂t, last feature first
      for (Eigen::Index j = dim(); j-- > 0;)
        for (Eigen::Index k = 0; k < j; ++k) {
          pull[k] -= Number(p.lower[row(j) + k]) * pull[j];
          sum.lower[row(j) + k] -= pull[j] * t[k];
        }
    }
    add(p, sum, grad);
  }

 private:
  using Number = Lanes<Scalar>;
  using PerFeature = eigenflow::PerFeature<Number, Dim_>;

  struct Sums {
    PerFeature mean;
    PerFeature log_scale;
    eigenflow::PerFeature<Number, Eigen::Dynamic> lower;
    Sums(Arena& arena, Eigen::Index dim) : mean(arena, dim), log_scale(arena, dim), lower(arena, row(dim)) {}
  };

  /// Where row j of M below its diagonal begins.
  static Eigen::Index row(Eigen::Index j) { return j * (j - 1) / 2; }
  /// Row j of M times t.
  static Number times_row(const Scalar* lower, const PerFeature& t, Eigen::Index j) {
    Number sum = t[j];
    for (Eigen::Index k = 0; k < j; ++k) sum = fma(Number(lower[row(j) + k]), t[k], sum);
    return sum;
  }
  template <class Views>
  void add(const Views& p, const Sums& sum, std::span<Scalar> grad) const {
    auto g = view_parameters(*this, grad);
    for (Eigen::Index j = 0; j < dim(); ++j) {
      g.mean[j] += reduce_add(sum.mean[j]);
      g.log_scale[j] += reduce_add(sum.log_scale[j] * Number(LogScale{}(p.log_scale[j]).slope));
    }
    for (Eigen::Index i = 0; i < row(dim()); ++i) g.lower[i] += reduce_add(sum.lower[i]);
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
};

}  // namespace eigenflow
