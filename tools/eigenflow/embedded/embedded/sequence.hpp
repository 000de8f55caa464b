#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/layer.hpp"

namespace eigenflow::embedded {

/// The layers of an embedded flow, one after the other: a Chain with given segments of the parameters.
template <class... Layers>
class Sequence {
  static constexpr std::size_t size = sizeof...(Layers);
  using Indices = std::make_index_sequence<size>;
  using First = std::tuple_element_t<0, std::tuple<Layers...>>;

 public:
  using Scalar = typename First::Scalar;
  static constexpr int static_dim = First::static_dim;
  template <class Visitor>
  struct Parameters {};

  constexpr Sequence(const std::array<Segment, size>& segments, const Layers&... layers)
      : layers_(layers...), segments_(segments) {}

  constexpr Eigen::Index dim() const { return std::get<0>(layers_).dim(); }
  constexpr Eigen::Index context_dim() const {
    Eigen::Index most = 0;
    std::apply([&](const auto&... layer) { ((most = std::max(most, eigenflow::context_dim(layer))), ...); },
               layers_);
    return most;
  }

  auto forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return forward_each(theta, tile, Indices{});
  }
  auto inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return inverse_each(theta, tile, Indices{});
  }
  /// The gradients in x and in z; theta is constant here.
  template <class Tape>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar>, const Tape& tape,
                   Tile<Scalar>& tile) const {
    forward_vjp_each(theta, tape, tile, Indices{});
  }
  template <class Tape>
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar>, const Tape& tape,
                   Tile<Scalar>& tile) const {
    inverse_vjp_each(theta, tape, tile, Indices{});
  }

 private:
  // The layer that inverse meets I-th.
  template <std::size_t I>
  static constexpr std::size_t back = size - 1 - I;

  // Braces: left to right.
  template <std::size_t... I>
  auto forward_each(std::span<const Scalar> theta, Tile<Scalar>& tile, std::index_sequence<I...>) const {
    using Tapes = std::tuple<decltype(forward_one(std::get<I>(layers_), theta, tile))...>;
    return Tapes{forward_one(std::get<I>(layers_), segments_[I].of(theta), tile)...};
  }
  template <std::size_t... I>
  auto inverse_each(std::span<const Scalar> theta, Tile<Scalar>& tile, std::index_sequence<I...>) const {
    using Tapes = std::tuple<decltype(inverse_one(std::get<back<I>>(layers_), theta, tile))...>;
    return Tapes{inverse_one(std::get<back<I>>(layers_), segments_[back<I>].of(theta), tile)...};
  }
  template <class Tape, std::size_t... I>
  void forward_vjp_each(std::span<const Scalar> theta, const Tape& tape, Tile<Scalar>& tile,
                        std::index_sequence<I...>) const {
    (forward_vjp_one(std::get<back<I>>(layers_), segments_[back<I>].of(theta), std::get<back<I>>(tape), tile),
     ...);
  }
  template <class Tape, std::size_t... I>
  void inverse_vjp_each(std::span<const Scalar> theta, const Tape& tape, Tile<Scalar>& tile,
                        std::index_sequence<I...>) const {
    (inverse_vjp_one(std::get<I>(layers_), segments_[I].of(theta), std::get<back<I>>(tape), tile), ...);
  }

  // These depend only on the type of a layer, not on its position.
  template <class Layer>
  static auto forward_one(const Layer& layer, std::span<const Scalar> theta, Tile<Scalar>& tile) {
    const Arena::Mark mark = tile.arena->mark();
    const auto tape = layer.forward(theta, tile);
    if (!tile.record) tile.arena->release(mark);
    return tape;
  }
  template <class Layer>
  static auto inverse_one(const Layer& layer, std::span<const Scalar> theta, Tile<Scalar>& tile) {
    const Arena::Mark mark = tile.arena->mark();
    const auto tape = layer.inverse(theta, tile);
    if (!tile.record) tile.arena->release(mark);
    return tape;
  }
  template <class Layer, class Tape>
  static void forward_vjp_one(const Layer& layer, std::span<const Scalar> theta, const Tape& tape,
                              Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.forward_vjp(theta, {}, tape, tile);
  }
  template <class Layer, class Tape>
  static void inverse_vjp_one(const Layer& layer, std::span<const Scalar> theta, const Tape& tape,
                              Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.inverse_vjp(theta, {}, tape, tile);
  }

  std::tuple<Layers...> layers_;
  std::array<Segment, size> segments_;
};

}  // namespace eigenflow::embedded
