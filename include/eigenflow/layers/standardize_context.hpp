#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/start_context.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/detail/feature_statistics.hpp"

namespace eigenflow {

/// Gives an inner layer (c - mean)/scale for the context c, so that its networks do not depend on the units of the
/// context. The features, the log-det and both directions are those of the inner layer.
///
/// `fit` sets mean and scale from the context of the training rows, once; they are never trained. For a column
/// that is constant in these rows, the scale becomes so large that the value has no effect.
template <class L>
class StandardizeContext {
  static_assert(Layer<L>,
                "a StandardizeContext is made of a layer: this part lacks something that the concept Layer "
                "(concepts/layer.hpp) asks for");

 public:
  using Scalar = typename L::Scalar;
  using Numbers = eigenflow::Numbers<Scalar>;
  static constexpr int static_dim = L::static_dim;
  static constexpr bool has_context_units = true;  // see authoring/reads_raw_context.hpp
  template <class Visitor>
  struct Parameters {
    typename L::template Parameters<Visitor> layer;
  };

  /// The scale of a column that is constant.
  static constexpr Scalar no_matter = ContextUnits<Scalar>::no_matter;

  /// Throws std::invalid_argument if the layer reads no context.
  explicit StandardizeContext(L layer)
      : statistics_(eigenflow::context_dim(layer)), layer_(std::move(layer)) {
    check();
  }
  /// Known statistics. They stay: a fit replaces them only if they are not `initialised`. Throws
  /// std::invalid_argument unless both have C entries, all of them finite, and every scale is positive.
  constexpr StandardizeContext(L layer, Numbers mean, Numbers scale, bool initialised = true)
      : statistics_("StandardizeContext", std::move(mean), std::move(scale), initialised),
        layer_(std::move(layer)) {
    check();
  }

  static std::string tag() { return "StandardizeContext"; }
  constexpr Eigen::Index dim() const { return layer_.dim(); }
  constexpr Eigen::Index context_dim() const { return statistics_.mean.size(); }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(layer_); }
  const L& layer() const { return layer_; }
  const Numbers& mean() const { return statistics_.mean; }
  const Numbers& scale() const { return statistics_.scale; }
  bool initialised() const { return statistics_.known; }

  static StandardizeContext example(Eigen::Index dim, Eigen::Index context_dim) {
    return {example_of<L>(dim, context_dim),
            VectorX<Scalar>::LinSpaced(context_dim, Scalar(-0.1), Scalar(0.2)).eval(),
            VectorX<Scalar>::LinSpaced(context_dim, Scalar(0.5), Scalar(2)).eval()};
  }
  static constexpr auto structure() requires Structured<L> {
    return std::tuple(Option{"layer", &StandardizeContext::layer},
                      Constant{"mean", &StandardizeContext::mean},
                      Constant{"scale", &StandardizeContext::scale},
                      Constant{"initialised", &StandardizeContext::initialised});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("layer", self.layer_)};
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const { layer_.initialise(theta, rng); }

  /// Sets the statistics of the context, unless they are set; then the layer starts from the data.
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    KeptRows<Scalar> rows(tiles);
    start_and_move(theta, rows, direction);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    if (!statistics_.known)
      statistics_.known =
          detail::take_context(rows.tiles(), context_dim(), false, statistics_.mean, statistics_.scale);
    InnerRows<Scalar> standardised(rows, [this](Tile<Scalar>& tile, const auto& use) {
      const ArenaScope scope(*tile.arena);
      Tile<Scalar> inner = tile.with_context(standardise(tile), tile.grad_context);
      use(inner);
    });
    start_from_data(layer_, theta, standardised, direction);
  }

  template <class Inner>
  struct Tape {
    Inner inner;
    const Scalar* context;  // N × C, standardised
  };

  auto forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_context(standardise(tile), tile.grad_context);
    const auto tape = layer_.forward(theta, inner);
    return Tape<std::remove_const_t<decltype(tape)>>{tape, inner.context.data()};
  }
  auto inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Tile<Scalar> inner = tile.with_context(standardise(tile), tile.grad_context);
    const auto tape = layer_.inverse(theta, inner);
    return Tape<std::remove_const_t<decltype(tape)>>{tape, inner.context.data()};
  }
  template <class Inner>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape<Inner>& tape,
                   Tile<Scalar>& tile) const {
    Tile<Scalar> inner = with_cotangents(tape.context, tile);
    layer_.forward_vjp(theta, grad, tape.inner, inner);
    give_back(inner, tile);
  }
  template <class Inner>
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape<Inner>& tape,
                   Tile<Scalar>& tile) const {
    Tile<Scalar> inner = with_cotangents(tape.context, tile);
    layer_.inverse_vjp(theta, grad, tape.inner, inner);
    give_back(inner, tile);
  }

 private:
  constexpr void check() const {
    const Eigen::Index read = eigenflow::context_dim(layer_);
    if (read == 0)
      detail::reject(
          "a StandardizeContext needs a layer that reads a context: give the inner layer a context_dim");
    if (read != context_dim())
      detail::reject("a StandardizeContext needs a mean for each column of context, but got " +
                     std::to_string(context_dim()) + " for a layer that reads " + std::to_string(read));
  }

  ConstMatrixMap<Scalar> standardise(const Tile<Scalar>& tile) const {
    return detail::standard_context(tile, mean(), scale());
  }

  Tile<Scalar> with_cotangents(const Scalar* context, const Tile<Scalar>& tile) const {
    typename Tile<Scalar>::Matrix grad = tile.scratch(context_dim());
    grad.setZero();
    return tile.with_context({context, tile.rows(), context_dim()}, grad);
  }
  void give_back(const Tile<Scalar>& inner, Tile<Scalar>& tile) const {
    detail::add_standard_grad(inner.grad_context, scale(), tile.grad_context);
  }

  detail::FeatureStatistics<Scalar> statistics_;
  L layer_;
};

}  // namespace eigenflow
