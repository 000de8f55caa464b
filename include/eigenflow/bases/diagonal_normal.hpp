#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/normal_rows.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/numerics/half_log_two_pi.hpp"

namespace eigenflow {

/// A normal with a learned mean and a learned scale per feature, N(mean, diag(scale²)):
/// log p(z) = -Σ_j [½ ((z_j - mean_j) / scale_j)² + ln scale_j + ½ ln 2π]. The scale is e^s with s bounded
/// smoothly, so it stays between e⁻²⁰ and e²⁰ for every theta. Starts as N(0, I).
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class DiagonalNormal {
 public:
  using Scalar = Scalar_;
  using LogScale = SoftBound<20>;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector mean;       ///< D
    typename Visitor::Vector log_scale;  ///< D: before the bound
  };

  DiagonalNormal() requires(Dim_ != Eigen::Dynamic) = default;
  constexpr explicit DiagonalNormal(Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* tag() { return "DiagonalNormal"; }
  constexpr Eigen::Index dim() const { return dim_; }

  static constexpr auto structure() { return std::tuple(Option{"dim", &DiagonalNormal::dim}); }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("mean", self.dim()), visit.vector("log_scale", self.dim())};
  }
  void initialise(std::span<Scalar> theta, Rng&) const { std::fill(theta.begin(), theta.end(), Scalar(0)); }

  void log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    constexpr Scalar half_log_two_pi = detail::half_log_two_pi<Scalar>;
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Scalar s = LogScale{}(p.log_scale[j]).value;
      const Lanes<Scalar> mean(p.mean[j]), shrink(std::exp(-s)), constant(-s - half_log_two_pi),
          minus_half(Scalar(-0.5));
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Lanes<Scalar> e = (step.load(tile.values.col(j).data()) - mean) * shrink;
        step.store(tile.log_det.data(), step.load(tile.log_det.data()) + fma(minus_half * e, e, constant));
      }
    }
  }

  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const auto s = LogScale{}(p.log_scale[j]);
      const Lanes<Scalar> mean(p.mean[j]), shrink(std::exp(-s.value)), slope(s.slope);
      Lanes<Scalar> sum_mean(0), sum_log_scale(0);
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Lanes<Scalar> e = (step.load(tile.values.col(j).data()) - mean) * shrink;
        const Lanes<Scalar> grad_log_prob = step.load(tile.grad_log_det.data()),
                            pull = grad_log_prob * e * shrink;
        sum_mean += pull;
        sum_log_scale += grad_log_prob * (e * e - Lanes<Scalar>(1));
        step.store(tile.grad_values.col(j).data(), -pull);
      }
      if (grad.empty()) continue;
      auto g = view_parameters(*this, grad);
      g.mean[j] += reduce_add(sum_mean);
      g.log_scale[j] += reduce_add(sum_log_scale * slope);
    }
  }

  void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    const auto p = view_parameters(*this, theta);
    draw_normal_rows(rng, first_row, temperature, tile);
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) =
          tile.values.col(j).array() * std::exp(LogScale{}(p.log_scale[j]).value) + p.mean[j];
  }

  /// z = mean + scale · ε: ∂z/∂mean = 1 and ∂z/∂s = z - mean.
  void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Rng, Eigen::Index,
                  const Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    auto g = view_parameters(*this, grad);
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Lanes<Scalar> mean(p.mean[j]);
      Lanes<Scalar> sum_mean(0), sum_log_scale(0);
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Lanes<Scalar> pull = step.load(tile.grad_values.col(j).data());
        sum_mean += pull;
        sum_log_scale += pull * (step.load(tile.values.col(j).data()) - mean);
      }
      g.mean[j] += reduce_add(sum_mean);
      g.log_scale[j] += reduce_add(sum_log_scale) * LogScale{}(p.log_scale[j]).slope;
    }
  }

 private:
  [[no_unique_address]] Dimension<Dim_> dim_;
};

}  // namespace eigenflow
