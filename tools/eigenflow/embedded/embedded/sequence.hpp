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
#include "eigenflow/concepts/base.hpp"
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
  NoTape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    inverse_each(theta, tile, Indices{});
    return {};
  }
  /// The gradient in x; theta is constant here.
  template <class Tape>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar>, const Tape& tape,
                   Tile<Scalar>& tile) const {
    vjp_each(theta, tape, tile, Indices{});
  }

 private:
  template <std::size_t... I>
  auto forward_each(std::span<const Scalar> theta, Tile<Scalar>& tile, std::index_sequence<I...>) const {
    return std::tuple{forward_one(std::get<I>(layers_), segments_[I].of(theta), tile)...};  // left to right
  }
  template <std::size_t... I>
  void inverse_each(std::span<const Scalar> theta, Tile<Scalar>& tile, std::index_sequence<I...>) const {
    (inverse_one(std::get<size - 1 - I>(layers_), segments_[size - 1 - I].of(theta), tile), ...);
  }
  template <class Tape, std::size_t... I>
  void vjp_each(std::span<const Scalar> theta, const Tape& tape, Tile<Scalar>& tile,
                std::index_sequence<I...>) const {
    (vjp_one(std::get<size - 1 - I>(layers_), segments_[size - 1 - I].of(theta), std::get<size - 1 - I>(tape),
             tile),
     ...);
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
  static void inverse_one(const Layer& layer, std::span<const Scalar> theta, Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.inverse(theta, tile);
  }
  template <class Layer, class Tape>
  static void vjp_one(const Layer& layer, std::span<const Scalar> theta, const Tape& tape,
                      Tile<Scalar>& tile) {
    const ArenaScope scope(*tile.arena);
    layer.forward_vjp(theta, {}, tape, tile);
  }

  std::tuple<Layers...> layers_;
  std::array<Segment, size> segments_;
};

}  // namespace eigenflow::embedded
