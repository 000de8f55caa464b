#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/reads_raw_context.hpp"
#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/start_context.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/compose/density.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The density made of a layer f and a base p_Z:
///
///   log p(x) = log p_Z(f(x)) + log|det ∂f/∂x|
///
/// This is a flow without its numbers: a `Flow` holds a TransformedBase and theta. It is a Base too, so a flow may be
/// the base of another flow:
///
///   Flow outer{layers, inner.density(), rng};
///   outer.parameters().tail(inner.parameters().size()) = inner.parameters();
///
/// theta has the parameters of the layer, then those of the base.
///
/// Layer and base get the context in `context_units`, which are raw unless they are set. A flow that draws its parameters
/// has units that a fit takes from its training rows.
template <class L, class B>
class TransformedBase {
  static_assert(
      Layer<L> && Base<B>,
      "a TransformedBase is made of a layer and a base: one of these lacks something that the concepts Layer "
      "(concepts/layer.hpp) and Base (concepts/base.hpp) ask for");

 public:
  using Scalar = typename L::Scalar;
  static_assert(std::is_same_v<Scalar, typename B::Scalar>,
                "a flow's layers and its base must have the same scalar type");
  static_assert(detail::dimensions_agree({L::static_dim, B::static_dim}),
                "a flow's layers and its base must have the same number of features: give both the same "
                "second template "
                "argument, as in Planar<float, 2> and DiagonalNormal<float, 2>");
  static constexpr int static_dim = detail::common_dimension({L::static_dim, B::static_dim});
  static constexpr bool has_context_units = true;  // see authoring/reads_raw_context.hpp
  using Units = ContextUnits<Scalar>;

  template <class Visitor>
  struct Parameters {
    typename L::template Parameters<Visitor> layers;
    typename B::template Parameters<Visitor> base;
  };
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("layers", self.layers_), visit.part("base", self.base_)};
  }

  /// Throws std::invalid_argument if the two have different numbers of features or contexts.
  TransformedBase(L layers, B base, Units by = {})
      : TransformedBase(layers, base, std::move(by), parameter_count(layers), parameter_count(base)) {}
  /// The same with the numbers of their parameters given, as a constant expression.
  constexpr TransformedBase(L layers, B base, Units by, Eigen::Index layer_size, Eigen::Index base_size)
      : layers_(std::move(layers)),
        base_(std::move(base)),
        layer_size_(layer_size),
        base_size_(base_size),
        context_dim_(
            detail::common_context("Flow", eigenflow::context_dim(layers_), eigenflow::context_dim(base_))),
        rows_together_(std::min(eigenflow::rows_together(layers_), eigenflow::rows_together(base_))),
        units_(std::move(by)) {
    if (!units_.left_out() && (context_dim_ == 0 || (units_.known() && units_.mean().size() != context_dim_)))
      detail::reject("the units of a context are a mean and a scale for each of its columns, but got " +
                     std::to_string(units_.mean().size()) + " for a density that reads " +
                     std::to_string(context_dim_) + " columns");
    if (base_.dim() != layers_.dim())
      detail::reject("the base has " + std::to_string(base_.dim()) + " features but the layers have " +
                     std::to_string(layers_.dim()) + ": give both one dimension");
  }

  static std::string tag() { return "TransformedBase"; }
  constexpr Eigen::Index dim() const { return layers_.dim(); }
  constexpr Eigen::Index context_dim() const { return context_dim_; }
  constexpr Eigen::Index rows_together() const { return rows_together_; }
  const L& layers() const { return layers_; }
  const B& base() const { return base_; }
  const Units& context_units() const { return units_; }
  static TransformedBase example(Eigen::Index dim, Eigen::Index context_dim) {
    return {example_of<L>(dim, context_dim), example_of<B>(dim, context_dim)};
  }
  static constexpr auto structure() requires(Structured<L>&& Structured<B>) {
    return std::tuple(Option{"layers", &TransformedBase::layers}, Option{"base", &TransformedBase::base},
                      Constant{"context_units", &TransformedBase::context_units});
  }

  static constexpr auto constexpr_structure() requires(Structured<L>&& Structured<B>) {
    return std::tuple_cat(structure(), std::tuple(Option{"layer_size", &TransformedBase::layer_size},
                                                  Option{"base_size", &TransformedBase::base_size}));
  }

  /// The numbers of their parameters, and their places in theta.
  Eigen::Index layer_size() const { return layer_size_; }
  Eigen::Index base_size() const { return base_size_; }
  Segment layer_segment() const { return {0, layer_size_}; }
  Segment base_segment() const { return {layer_size_, base_size_}; }

  void initialise(std::span<Scalar> theta, Rng& rng) const {
    layers_.initialise(layer_segment().of(theta), rng);
    base_.initialise(base_segment().of(theta), rng);
  }
  /// Raw units are taken from the training rows from now on, unless a part inside has its own.
  void await_context_units() {
    if (context_dim() > 0 && units_.left_out() && detail::reads_raw_context(layers_) &&
        detail::reads_raw_context(base_))
      units_ = Units::from_data();
  }
  /// Takes the units of the context from the rows, as `initialise_from` does first.
  void start_context(const TileSource<Scalar>& tiles) {
    detail::start_context(units_, context_dim(), tiles);
    if (units_.left_out()) detail::start_context(base_, tiles);
  }
  /// Takes the units of the context, gives the data to the layers that start from data, and what the layers make of them
  /// to the base.
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) {
    start_context(tiles);
    const TileSource<Scalar> inside = [&](const std::function<void(Tile<Scalar>&)>& visit) {
      tiles([&](Tile<Scalar>& tile) {
        const ArenaScope scope(*tile.arena);
        const detail::InUnits<Scalar> standard(units_, tile);
        visit(tile);
      });
    };
    KeptRows<Scalar> rows(units_.known() ? inside : tiles);
    start_from_data(layers_, layer_segment().of(theta), rows, Direction::forward);
    if constexpr (starts_from_data<B>()) base_.initialise_from(base_segment().of(theta), rows.tiles());
  }

  // ---- the density, in place, for flows and objectives

  /// The density with its parameters.
  Density<L, B> with(std::span<const Scalar> theta) const {
    return {layers_, base_, layer_segment().of(theta), base_segment().of(theta), units_};
  }

  /// Replaces x by z = f(x) and adds log p(x) to tile.log_det.
  auto evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return with(theta).evaluate(tile);
  }
  /// From ∂loss/∂log p(x) in tile.grad_log_det: writes ∂loss/∂x to tile.grad_values, adds ∂loss/∂theta to `grad`
  /// (unless empty).
  template <class EvaluateTape>
  void evaluate_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const EvaluateTape& tape,
                    Tile<Scalar>& tile) const {
    with(theta).evaluate_vjp(layer_segment().of(grad), base_segment().of(grad), tape, tile);
  }

  /// Draws rows first_row, first_row + 1, ... of the sample that `rng` stands for, x = f⁻¹(z), and writes log p(x) to
  /// tile.log_det.
  auto draw(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile) const {
    return with(theta).draw_with_log_prob(rng, first_row, tile);
  }
  /// From ∂loss/∂x in tile.grad_values and ∂loss/∂log p(x) in tile.grad_log_det, through the draw: adds ∂loss/∂theta to
  /// `grad`. Give the `rng` and the `first_row` of the draw.
  template <class Drawn>
  void draw_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Drawn& tape, const Rng& rng,
                Eigen::Index first_row, Tile<Scalar>& tile) const {
    const detail::GradInUnits<Scalar> inside(units_, tile);
    const ConstVectorMap<Scalar> grad_log_prob = tile.grad_log_det;
    typename Tile<Scalar>::Matrix turned = tile.scratch(1);
    turned.col(0) = -grad_log_prob;
    detail::point_at(tile.grad_log_det, turned.data(), tile.rows());
    layers_.inverse_vjp(layer_segment().of(theta), layer_segment().of(grad), tape.layers, tile);
    detail::point_at(tile.grad_log_det, grad_log_prob.data(), tile.rows());
    if constexpr (!Parameterless<B>) {
      if (grad.empty()) return;
      // The parameters of the base act on log p_Z (at fixed z) and on z. A piece adds once to an entry, so a buffer
      // adds up both first.
      const std::span<Scalar> of_base = base_segment().of(grad);
      const std::span<Scalar> sum(tile.arena->template allocate<Scalar>(of_base.size()), of_base.size());
      std::fill(sum.begin(), sum.end(), Scalar(0));
      typename Tile<Scalar>::Matrix from_layers = tile.scratch(dim());
      from_layers = tile.grad_values;
      tile.values = ConstMatrixMap<Scalar>(tape.latents, tile.rows(), dim());
      pull_back_log_prob(base_, base_segment().of(theta), sum, tape.base, tile);
      tile.grad_values += from_layers;
      base_.sample_vjp(base_segment().of(theta), sum, rng, first_row, tile);
      for (std::size_t i = 0; i < sum.size(); ++i) of_base[i] += sum[i];
    }
  }

  // ---- the concept Base: these functions change only what they write

  struct Tape {
    decltype(std::declval<const Density<L, B>&>().evaluate(std::declval<Tile<Scalar>&>())) density;
    const Scalar* latents;  // N × D
  };

  Tape log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const Arena::Mark mark = tile.arena->mark();
    typename Tile<Scalar>::Matrix x = tile.scratch(dim());
    x = tile.values;
    const auto tape = evaluate(theta, tile);
    const Scalar* latents = nullptr;
    if (tile.record) {
      typename Tile<Scalar>::Matrix z = tile.scratch(dim());
      z = tile.values;
      latents = z.data();
    }
    tile.values = x;
    if (!tile.record) tile.arena->release(mark);
    return {tape, latents};
  }
  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                    Tile<Scalar>& tile) const {
    tile.values = ConstMatrixMap<Scalar>(tape.latents, tile.rows(), dim());
    evaluate_vjp(theta, grad, tape.density, tile);
  }
  constexpr bool has_temperature() const { return eigenflow::has_temperature(base_); }
  void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    const ArenaScope scope(*tile.arena);
    typename Tile<Scalar>::Matrix log_det = tile.scratch(1);
    log_det.col(0) = tile.log_det;
    with(theta).draw(rng, first_row, tile, temperature);
    tile.log_det = log_det.col(0);
  }
  /// Draws again, because a sample keeps no tape.
  void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Rng& rng,
                  Eigen::Index first_row, Tile<Scalar>& tile) const requires Reparametrised<B> {
    const ArenaScope scope(*tile.arena);
    Tile<Scalar> drawn = Tile<Scalar>::allocate(*tile.arena, tile.rows(), dim(), true);
    drawn.log_det.setZero();
    detail::point_at(drawn.context, tile.context.data(), tile.rows(), tile.context.cols());
    const detail::InUnits<Scalar> inside(units_, drawn);
    base_.sample(base_segment().of(theta), rng, first_row, drawn);
    typename Tile<Scalar>::Matrix latents = tile.scratch(dim());
    latents = drawn.values;
    const auto tape = layers_.inverse(layer_segment().of(theta), drawn);
    drawn.attach_cotangents().setZero();
    drawn.grad_values = tile.grad_values;
    layers_.inverse_vjp(layer_segment().of(theta), layer_segment().of(grad), tape, drawn);
    if constexpr (!Parameterless<B>) {
      drawn.values = latents;
      base_.sample_vjp(base_segment().of(theta), base_segment().of(grad), rng, first_row, drawn);
    }
  }

 private:
  L layers_;
  B base_;
  Eigen::Index layer_size_;
  Eigen::Index base_size_;
  Eigen::Index context_dim_;
  Eigen::Index rows_together_;
  Units units_;
};

}  // namespace eigenflow
