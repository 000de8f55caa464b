#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {
namespace detail {

template <class... Parts>
concept AllDefaultMade = (std::default_initializable<Parts> && ...);

}  // namespace detail

/// Layers of any types, one after the other: forward runs them first to last. A chain is a layer too, so chains nest.
template <class... Layers>
class Chain {
  static_assert(sizeof...(Layers) > 0, "a Chain needs one layer or more");
  static_assert(
      (Layer<Layers> && ...),
      "a Chain is made of layers, and so is a Flow before its base: this part lacks something that the "
      "concept Layer (concepts/layer.hpp) asks for");
  static_assert(
      detail::dimensions_agree({Layers::static_dim...}),
      "the layers of a Chain must all have the same number of features: give each the same second template "
      "argument, as in Planar<float, 2>");
  using Indices = std::index_sequence_for<Layers...>;

 public:
  using Scalar = typename std::tuple_element_t<0, std::tuple<Layers...>>::Scalar;
  static_assert((std::is_same_v<Scalar, typename Layers::Scalar> && ...),
                "the layers of a Chain must all have the same scalar type");
  static_assert(
      std::is_floating_point_v<Scalar>,
      "a flow computes in float, double or long double: give its layers one of these as their scalar type");
  static constexpr int static_dim = detail::common_dimension({Layers::static_dim...});
  static constexpr std::size_t size = sizeof...(Layers);

  template <class Visitor>
  using Parameters = std::tuple<typename Layers::template Parameters<Visitor>...>;

  Chain() requires detail::AllDefaultMade<Layers...> : Chain(Layers()...) {}
  explicit Chain(Layers... layers) : layers_(std::move(layers)...) {
    Eigen::Index i = 0, offset = 0;
    std::apply([&](const auto&... layer) { (add(layer, i++, offset), ...); }, layers_);
  }

  explicit Chain(std::tuple<Layers...> layers) : Chain(std::make_from_tuple<Chain>(std::move(layers))) {}

  static std::string tag() { return "Chain"; }
  Eigen::Index dim() const { return std::get<0>(layers_).dim(); }
  Eigen::Index context_dim() const { return context_dim_; }
  Eigen::Index rows_together() const {
    return std::apply([](const auto&... layer) { return std::min({eigenflow::rows_together(layer)...}); },
                      layers_);
  }
  const std::tuple<Layers...>& layers() const { return layers_; }
  template <std::size_t I>
  const auto& layer() const {
    static_assert(I < size, "there is no layer of this number: layers are counted from 0");
    return std::get<I>(layers_);
  }
  /// The segment of layer i in the chain's theta.
  const Segment& segment(std::size_t i) const { return segments_[i]; }

  static constexpr auto structure() requires(Structured<Layers>&&...) {
    return std::tuple(Option{"layers", &Chain::layers});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return layout_each(self, visit, Indices{});
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const {
    std::size_t i = 0;
    std::apply([&](const auto&... layer) { (layer.initialise(segments_[i++].of(theta), rng), ...); },
               layers_);
  }

  /// Gives the data to each layer that starts from data, transformed by the layers before it (in this direction).
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    KeptRows<Scalar> rows(tiles);
    start_and_move(theta, rows, direction);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    start_each(theta, rows, direction, Indices{});
  }

  using ForwardTape =
      std::tuple<decltype(std::declval<const Layers&>().forward({}, std::declval<Tile<Scalar>&>()))...>;
  using InverseTape =
      std::tuple<decltype(std::declval<const Layers&>().inverse({}, std::declval<Tile<Scalar>&>()))...>;

  ForwardTape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return forward_each(theta, tile, Indices{});
  }
  InverseTape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return inverse_each(theta, tile, Indices{});
  }
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const ForwardTape& tape,
                   Tile<Scalar>& tile) const {
    forward_vjp_each(theta, grad, tape, tile, Indices{});
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const InverseTape& tape,
                   Tile<Scalar>& tile) const {
    inverse_vjp_each(theta, grad, tape, tile, Indices{});
  }

 private:
  template <class Self, class Visitor, std::size_t... I>
  static Parameters<Visitor> layout_each(Self& self, Visitor& visit, std::index_sequence<I...>) {
    return Parameters<Visitor>{visit.part(I, std::get<I>(self.layers_))...};
  }

  template <class L>
  void add(const L& layer, Eigen::Index i, Eigen::Index& offset) {
    if (layer.dim() != dim())
      detail::reject("layer " + std::to_string(i) + " of the Chain takes " + std::to_string(layer.dim()) +
                     " features but layer 0 gives " + std::to_string(dim()) +
                     ": give all layers one dimension");
    context_dim_ = detail::common_context("Chain", context_dim_, eigenflow::context_dim(layer));
    const Eigen::Index count = parameter_count(layer);
    segments_[static_cast<std::size_t>(i)] = {offset, count};
    offset = detail::saturating_sum(offset, count);
  }

  template <std::size_t... I>
  void start_each(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction,
                  std::index_sequence<I...>) {
    if (direction == Direction::forward)
      (start_from_data(std::get<I>(layers_), segments_[I].of(theta), rows, direction), ...);
    else
      (start_from_data(std::get<size - 1 - I>(layers_), segments_[size - 1 - I].of(theta), rows, direction),
       ...);
  }

  // A braced list is evaluated left to right. The inverse fills its tuple from the end, by a fold over the reversed
  // index.
  template <std::size_t... I>
  ForwardTape forward_each(std::span<const Scalar> theta, Tile<Scalar>& tile,
                           std::index_sequence<I...>) const {
    return ForwardTape{forward_one(std::get<I>(layers_), segments_[I], theta, tile)...};
  }
  template <std::size_t... I>
  InverseTape inverse_each(std::span<const Scalar> theta, Tile<Scalar>& tile,
                           std::index_sequence<I...>) const {
    InverseTape tape;
    ((std::get<size - 1 - I>(tape) =
          inverse_one(std::get<size - 1 - I>(layers_), segments_[size - 1 - I], theta, tile)),
     ...);
    return tape;
  }
  template <std::size_t... I>
  void forward_vjp_each(std::span<const Scalar> theta, std::span<Scalar> grad, const ForwardTape& tape,
                        Tile<Scalar>& tile, std::index_sequence<I...>) const {
    (forward_vjp_one(std::get<size - 1 - I>(layers_), segments_[size - 1 - I], theta, grad,
                     std::get<size - 1 - I>(tape), tile),
     ...);
  }
  template <std::size_t... I>
  void inverse_vjp_each(std::span<const Scalar> theta, std::span<Scalar> grad, const InverseTape& tape,
                        Tile<Scalar>& tile, std::index_sequence<I...>) const {
    (inverse_vjp_one(std::get<I>(layers_), segments_[I], theta, grad, std::get<I>(tape), tile), ...);
  }

  // These depend only on the type of a layer, not on its position: 32 equal layers compile like one.
  template <class L>
  static auto forward_one(const L& layer, const Segment& segment, std::span<const Scalar> theta,
                          Tile<Scalar>& tile) {
    const Arena::Mark mark = tile.arena->mark();
    const auto tape = layer.forward(segment.of(theta), tile);
    if (!tile.record) tile.arena->release(mark);
    return tape;
  }
  template <class L>
  static auto inverse_one(const L& layer, const Segment& segment, std::span<const Scalar> theta,
                          Tile<Scalar>& tile) {
    const Arena::Mark mark = tile.arena->mark();
    const auto tape = layer.inverse(segment.of(theta), tile);
    if (!tile.record) tile.arena->release(mark);
    return tape;
  }
  template <class L, class Tape>
  static void forward_vjp_one(const L& layer, const Segment& segment, std::span<const Scalar> theta,
                              std::span<Scalar> grad, const Tape& tape, Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.forward_vjp(segment.of(theta), segment.of(grad), tape, tile);
  }
  template <class L, class Tape>
  static void inverse_vjp_one(const L& layer, const Segment& segment, std::span<const Scalar> theta,
                              std::span<Scalar> grad, const Tape& tape, Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.inverse_vjp(segment.of(theta), segment.of(grad), tape, tile);
  }

  std::tuple<Layers...> layers_;
  std::array<Segment, size> segments_;
  Eigen::Index context_dim_ = 0;
};

}  // namespace eigenflow
