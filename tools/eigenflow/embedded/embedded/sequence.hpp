#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/base.hpp"

namespace eigenflow::embedded {

/// The layers of an embedded flow, one after the other: what a Chain is, with the places of the parameters given.
template <class... Layers>
class Sequence {
  static constexpr std::size_t size = sizeof...(Layers);
  using Indices = std::make_index_sequence<size>;

 public:
  constexpr Sequence(const std::array<Segment, size>& segments, const Layers&... layers)
      : layers_(layers...), segments_(segments) {}

  template <class Scalar>
  auto forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return forward_each(theta, tile, Indices{});
  }
  template <class Scalar>
  NoTape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    inverse_each(theta, tile, Indices{});
    return {};
  }
  /// The gradient in x; theta is constant here.
  template <class Scalar, class Tape>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar>, const Tape& tape,
                   Tile<Scalar>& tile) const {
    vjp_each(theta, tape, tile, Indices{});
  }

 private:
  template <class Scalar, std::size_t... I>
  auto forward_each(std::span<const Scalar> theta, Tile<Scalar>& tile, std::index_sequence<I...>) const {
    return std::tuple{forward_one(std::get<I>(layers_), segments_[I].of(theta), tile)...};  // left to right
  }
  template <class Scalar, std::size_t... I>
  void inverse_each(std::span<const Scalar> theta, Tile<Scalar>& tile, std::index_sequence<I...>) const {
    (inverse_one(std::get<size - 1 - I>(layers_), segments_[size - 1 - I].of(theta), tile), ...);
  }
  template <class Scalar, class Tape, std::size_t... I>
  void vjp_each(std::span<const Scalar> theta, const Tape& tape, Tile<Scalar>& tile,
                std::index_sequence<I...>) const {
    (vjp_one(std::get<size - 1 - I>(layers_), segments_[size - 1 - I].of(theta), std::get<size - 1 - I>(tape),
             tile),
     ...);
  }

  // These depend on a layer's type alone, never on its place.
  template <class Layer, class Scalar>
  static auto forward_one(const Layer& layer, std::span<const Scalar> theta, Tile<Scalar>& tile) {
    const Arena::Mark mark = tile.arena->mark();
    const auto tape = layer.forward(theta, tile);
    if (!tile.record) tile.arena->release(mark);
    return tape;
  }
  template <class Layer, class Scalar>
  static void inverse_one(const Layer& layer, std::span<const Scalar> theta, Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.inverse(theta, tile);
  }
  template <class Layer, class Scalar, class Tape>
  static void vjp_one(const Layer& layer, std::span<const Scalar> theta, const Tape& tape,
                      Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.forward_vjp(theta, {}, tape, tile);
  }

  std::tuple<Layers...> layers_;
  std::array<Segment, size> segments_;
};

}  // namespace eigenflow::embedded
