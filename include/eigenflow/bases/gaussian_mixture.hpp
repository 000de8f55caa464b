#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/numerics/half_log_two_pi.hpp"
#include "eigenflow/text/counted.hpp"

namespace eigenflow {

/// A mixture of K normals with diagonal scales, for data in separate clusters:
///
///   log p(z) = log Σ_k w_k Π_j N(z_j; mean_jk, scale_jk²),   w = softmax(logits),   scale = eˢ
///
/// computed by log-sum-exp over the components, with s bounded smoothly as in DiagonalNormal. The gradient is that of
/// each normal times its responsibility r_k = w_k N_k / p, and r - w in the logits. Samples jump between the
/// components, so they have no gradient in theta. Initial means are normal with variance ½ and initial scales are √½,
/// so that the mixture has about unit variance.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class GaussianMixture {
 public:
  using Scalar = Scalar_;
  using LogScale = SoftBound<20>;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector logits;     ///< K
    typename Visitor::Matrix mean;       ///< D × K: one column per component
    typename Visitor::Matrix log_scale;  ///< D × K: before the bound
  };

  /// K components. Throws std::invalid_argument if K < 1.
  explicit GaussianMixture(Eigen::Index components) requires(Dim_ != Eigen::Dynamic)
      : GaussianMixture(Dim_, components) {}
  constexpr GaussianMixture(Dimension<Dim_> dim, Eigen::Index components)
      : dim_(dim), components_(components) {
    if (components < 1)
      detail::reject("a GaussianMixture needs one component or more, but got " + std::to_string(components));
  }

  static constexpr const char* tag() { return "GaussianMixture"; }
  std::string describe() const { return detail::counted(components_, "component"); }
  constexpr Eigen::Index dim() const { return dim_; }
  Eigen::Index components() const { return components_; }

  static GaussianMixture example(Eigen::Index dim, Eigen::Index) { return {dim, 3}; }
  static constexpr auto structure() {
    return std::tuple(Option{"dim", &GaussianMixture::dim},
                      Option{"components", &GaussianMixture::components});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    const Eigen::Index dim = self.dim(), components = self.components();
    return {visit.vector("logits", components), visit.matrix("mean", dim, components),
            visit.matrix("log_scale", dim, components)};
  }
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    auto p = view_parameters(*this, theta);
    p.logits.setZero();
    rng.fill_normal(p.mean);
    p.mean *= std::sqrt(Scalar(0.5));
    p.log_scale.setConstant(Scalar(-0.35));  // e⁻⁰·³⁵ ≈ √½
  }

  void log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const Normals normals(*this, theta, *tile.arena);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows()))
      step.store(tile.log_det.data(), step.load(tile.log_det.data()) + normals.log_prob(step, tile));
  }

  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tile<Scalar>& tile) const {
    const Normals normals(*this, theta, *tile.arena);
    const Eigen::Index count = components_ * dim();
    Sums sum_logits(*tile.arena, components_), sum_mean(*tile.arena, count),
        sum_log_scale(*tile.arena, count);
    PerFeature<Number, Dim_> pull(*tile.arena, dim());
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      const Number grad_log_prob = step.load(tile.grad_log_det.data());
      const Number log_prob = normals.log_prob(step, tile);
      for (Eigen::Index j = 0; j < dim(); ++j) pull[j] = Number(0);
      for (Eigen::Index k = 0; k < components_; ++k) {
        // If all densities underflow, the responsibilities do too.
        const Number share = exp(normals.terms[k] - max(log_prob, Number(lowest)));
        const Number g = grad_log_prob * share;
        sum_logits[k] += grad_log_prob * (share - Number(normals.weights[k]));
        for (Eigen::Index j = 0; j < dim(); ++j) {
          const Eigen::Index i = k * dim() + j;
          const Number e = normals.deviation(step, tile, j, i), toward = g * e * Number(normals.shrink[i]);
          pull[j] -= toward;
          sum_mean[i] += toward;
          sum_log_scale[i] += g * (e * e - Number(1));
        }
      }
      for (Eigen::Index j = 0; j < dim(); ++j) step.store(tile.grad_values.col(j).data(), pull[j]);
    }
    if (grad.empty()) return;
    const auto p = view_parameters(*this, theta);
    auto g = view_parameters(*this, grad);
    for (Eigen::Index k = 0; k < components_; ++k) g.logits[k] += reduce_add(sum_logits[k]);
    for (Eigen::Index i = 0; i < count; ++i) {
      g.mean.data()[i] += reduce_add(sum_mean[i]);
      g.log_scale.data()[i] += reduce_add(sum_log_scale[i] * Number(LogScale{}(p.log_scale.data()[i]).slope));
    }
  }

  /// A row takes D + 1 numbers: one chooses its component.
  void sample(std::span<const Scalar> theta, Rng rng, Eigen::Index first_row, Tile<Scalar>& tile) const {
    const Normals normals(*this, theta, *tile.arena);
    rng.discard(static_cast<std::uint64_t>(first_row * (dim() + 1)));
    for (Eigen::Index i = 0; i < tile.rows(); ++i) {
      double left = rng.uniform();
      Eigen::Index k = 0;
      for (; k + 1 < components_; ++k) {
        left -= static_cast<double>(normals.weights[k]);
        if (left < 0) break;
      }
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const Eigen::Index at = k * dim() + j;
        tile.values(i, j) = normals.mean[at] + rng.normal<Scalar>() / normals.shrink[at];
      }
    }
  }

 private:
  using Number = Lanes<Scalar>;
  using Sums = PerFeature<Number, Eigen::Dynamic>;
  static constexpr Scalar lowest = std::numeric_limits<Scalar>::lowest();

  /// The values of each component that are computed once per tile.
  struct Normals {
    Normals(const GaussianMixture& mixture, std::span<const Scalar> theta, Arena& arena)
        : dim(mixture.dim()),
          components(mixture.components()),
          weights(arena, components),
          constants(arena, components),
          shrink(arena, components * dim),
          terms(arena, components) {
      const auto p = view_parameters(mixture, theta);
      mean = p.mean.data();
      const Scalar peak = p.logits.maxCoeff();
      Scalar sum = 0;
      for (Eigen::Index k = 0; k < components; ++k) sum += weights[k] = std::exp(p.logits[k] - peak);
      const Scalar log_sum = std::log(sum);
      for (Eigen::Index k = 0; k < components; ++k) {
        weights[k] /= sum;
        constants[k] =
            p.logits[k] - peak - log_sum - static_cast<Scalar>(dim) * detail::half_log_two_pi<Scalar>;
        for (Eigen::Index j = 0; j < dim; ++j) {
          const Scalar s = LogScale{}(p.log_scale(j, k)).value;
          shrink[k * dim + j] = std::exp(-s);
          constants[k] -= s;
        }
      }
    }

    Number deviation(const RowStep<Scalar>& step, const Tile<Scalar>& tile, Eigen::Index j,
                     Eigen::Index i) const {
      return (step.load(tile.values.col(j).data()) - Number(mean[i])) * Number(shrink[i]);
    }

    /// log p of the rows of the step, and log w_k N_k in `terms`.
    Number log_prob(const RowStep<Scalar>& step, const Tile<Scalar>& tile) const {
      Number peak{lowest}, sum(0), square(0);
      for (Eigen::Index k = 0; k < components; ++k) {
        square = Number(0);
        for (Eigen::Index j = 0; j < dim; ++j) {
          const Number e = deviation(step, tile, j, k * dim + j);
          square = fma(e, e, square);
        }
        terms[k] = fma(Number(Scalar(-0.5)), square, Number(constants[k]));
        peak = max(peak, terms[k]);
      }
      for (Eigen::Index k = 0; k < components; ++k) sum += exp(terms[k] - peak);
      // No term is finite: -∞, or NaN for a row with a NaN.
      return select(peak > Number(lowest), peak + log(sum), Number(Scalar(-0.5)) * square);
    }

    Eigen::Index dim;
    Eigen::Index components;
    const Scalar* mean;
    PerFeature<Scalar, Eigen::Dynamic> weights;
    PerFeature<Scalar, Eigen::Dynamic> constants;
    PerFeature<Scalar, Eigen::Dynamic> shrink;
    mutable Sums terms;
  };

  [[no_unique_address]] Dimension<Dim_> dim_;
  Eigen::Index components_;
};

}  // namespace eigenflow
