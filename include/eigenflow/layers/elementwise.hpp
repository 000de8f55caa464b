#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/concepts/transformer.hpp"
#include "eigenflow/layers/detail/circles.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow {

/// A transformer without a network: its parameters are trainable, one set for each feature.
///
///   map       z_j = g(x_j; p_j)
///   log-det   Σ_j log|g'(x_j; p_j)|
///   inverse   x_j = g⁻¹(z_j; p_j)
///
/// It transforms each feature separately: the marginal densities before layers that mix features, or the density of a
/// single feature. It starts as the identity (all parameters are zero).
template <class Transformer_, int Dim_ = Eigen::Dynamic>
class Elementwise {
  static_assert(
      Transformer<Transformer_>,
      "an Elementwise is made of a transformer (Affine, RationalQuadraticSpline, ...): this one lacks "
      "something that the concept Transformer (concepts/transformer.hpp) asks for");

 public:
  using Scalar = typename Transformer_::Scalar;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Matrix parameters;  ///< of the transformer × D
  };

  Elementwise() requires(Dim_ != Eigen::Dynamic) : Elementwise(Dim_) {}
  constexpr explicit Elementwise(Dimension<Dim_> dim, Transformer_ transformer = {})
      : dim_(dim), transformer_(detail::with_circles_below(dim, std::move(transformer))) {}

  static std::string tag() { return "Elementwise<" + detail::tag_of<Transformer_>("transformer") + '>'; }
  /// As "3 features".
  std::string describe() const {
    return detail::counted(dim(), "feature") + detail::circles_text(transformer_);
  }
  constexpr Eigen::Index dim() const { return dim_; }
  const Transformer_& transformer() const { return transformer_; }

  static Elementwise example(Eigen::Index dim, Eigen::Index) {
    return Elementwise(dim, example_of<Transformer_>(dim));
  }
  static constexpr auto structure() requires Structured<Transformer_> {
    return std::tuple(Option{"dim", &Elementwise::dim}, Option{"transformer", &Elementwise::transformer});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.matrix("parameters", self.transformer_.parameters(), self.dim())};
  }

  void initialise(std::span<Scalar> theta, Rng&) const { std::fill(theta.begin(), theta.end(), Scalar(0)); }

  struct Tape {
    Scalar* slots;  // of each feature: parameters, then kept values; N × (parameters + kept) × D
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<false>(theta, tile);
  }
  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<true>(theta, tile);
  }
  void forward_vjp(std::span<const Scalar>, std::span<Scalar> grad, Tape tape, Tile<Scalar>& tile) const {
    vjp<false>(grad, tape, tile);
  }
  void inverse_vjp(std::span<const Scalar>, std::span<Scalar> grad, Tape tape, Tile<Scalar>& tile) const {
    vjp<true>(grad, tape, tile);
  }

 private:
  Eigen::Index slot_count() const { return transformer_.parameters() + transformer_.kept(); }
  Slots<Scalar> slots(const RowStep<Scalar>& step, Eigen::Index j, Scalar* own, Eigen::Index rows) const {
    const Eigen::Index count = transformer_.parameters();
    return {step, own, count, own + count * rows, rows, j};
  }

  template <bool generating>
  Tape evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    const Eigen::Index rows = tile.rows(), size = slot_count() * rows;
    // Without a tape, all features share the slots of one.
    typename Tile<Scalar>::Matrix all = tile.scratch(slot_count() * (tile.record ? dim() : 1));
    for (Eigen::Index j = 0; j < dim(); ++j) {
      Scalar* const own = all.data() + (tile.record ? j * size : 0);
      for (Eigen::Index k = 0; k < transformer_.parameters(); ++k)
        std::fill_n(own + k * rows, rows, p.parameters(k, j));
      Scalar* const x = tile.values.col(j).data();
      for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
        const auto at = slots(step, j, own, rows);
        const Transformed<Lanes<Scalar>> result =
            generating ? transformer_.inverse(step.load(x), at) : transformer_.forward(step.load(x), at);
        step.store(x, result.value);
        step.store(tile.log_det.data(), step.load(tile.log_det.data()) + result.log_det);
      }
    }
    return {all.data()};
  }

  template <bool generating>
  void vjp(std::span<Scalar> grad, Tape tape, Tile<Scalar>& tile) const {
    const Eigen::Index rows = tile.rows();
    for (Eigen::Index j = 0; j < dim(); ++j) {
      Scalar* const own = tape.slots + j * slot_count() * rows;
      Scalar* const g = tile.grad_values.col(j).data();
      for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
        const Lanes<Scalar> grad_log_det = step.load(tile.grad_log_det.data());
        const auto at = slots(step, j, own, rows);
        step.store(g, generating ? transformer_.inverse_vjp(step.load(g), grad_log_det, at)
                                 : transformer_.forward_vjp(step.load(g), grad_log_det, at));
      }
      if (grad.empty()) continue;
      auto out = view_parameters(*this, grad);
      for (Eigen::Index k = 0; k < transformer_.parameters(); ++k) {
        Lanes<Scalar> sum(0);
        for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) sum += step.load(own + k * rows);
        out.parameters(k, j) += reduce_add(sum);
      }
    }
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  [[no_unique_address]] Transformer_ transformer_;
};

}  // namespace eigenflow
