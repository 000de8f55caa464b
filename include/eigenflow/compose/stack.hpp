#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/moved_from.hpp"
#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// A run-time number of layers of one type, one after the other. A stack is a layer too.
template <class L>
class Stack {
  static_assert(Layer<L>,
                "a Stack is made of layers: this one lacks something that the concept Layer "
                "(concepts/layer.hpp) asks for");

 public:
  using Scalar = typename L::Scalar;
  static constexpr int static_dim = L::static_dim;
  template <class Visitor>
  using Parameters = std::vector<typename L::template Parameters<Visitor>>;

  /// `count` default layers.
  explicit Stack(Eigen::Index count) : Stack(count, default_layer()) {}
  /// `count` copies of `layer`: the same structure, each with its own parameters.
  Stack(Eigen::Index count, const L& layer) : Stack(count, [&](Eigen::Index) { return layer; }) {}
  /// The layers make(0), make(1)..., for elements that differ, such as random permutations.
  template <std::invocable<Eigen::Index> Make>
  Stack(Eigen::Index count, Make&& make) {
    if (count < 1)
      detail::reject("a Stack needs one layer or more, but " + std::to_string(count) + " were asked for");
    for (Eigen::Index i = 0; i < count; ++i) add(make(i), i);
  }

  /// Given layers.
  explicit Stack(std::vector<L> layers)
      : Stack(static_cast<Eigen::Index>(layers.size()),
              [&](Eigen::Index i) { return std::move(layers[static_cast<std::size_t>(i)]); }) {}

  /// A Stack that was moved from is empty: you may assign to it, but flows and chains reject it.
  Stack(const Stack&) = default;
  Stack(Stack&&) noexcept = default;
  Stack& operator=(const Stack&) = default;
  Stack& operator=(Stack&& other) noexcept {
    if (this == &other) return *this;
    layers_ = std::move(other.layers_);
    segments_ = std::move(other.segments_);
    context_dim_ = other.context_dim_;
    return *this;
  }
  ~Stack() = default;

  static std::string tag() { return "Stack"; }
  Eigen::Index dim() const {
    if (layers_.empty()) detail::reject_moved_from("Stack");
    return layers_.front().dim();
  }
  Eigen::Index context_dim() const { return context_dim_; }
  Eigen::Index rows_together() const {
    Eigen::Index least = tile_rows;
    for (const L& layer : layers_) least = std::min(least, eigenflow::rows_together(layer));
    return least;
  }
  Eigen::Index size() const { return static_cast<Eigen::Index>(layers_.size()); }
  const std::vector<L>& layers() const { return layers_; }
  const L& operator[](Eigen::Index i) const {
    eigen_assert(i >= 0 && i < size());
    return layers_[static_cast<std::size_t>(i)];
  }
  /// The segment of layer i in the stack's theta.
  const Segment& segment(std::size_t i) const { return segments_[i]; }

  static Stack example(Eigen::Index dim, Eigen::Index context_dim) {
    return Stack(2, example_of<L>(dim, context_dim));
  }
  static constexpr auto structure() requires Structured<L> {
    return std::tuple(Option{"layers", &Stack::layers});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    Parameters<Visitor> parameters;
    for (std::size_t i = 0; i < self.layers_.size(); ++i)
      parameters.push_back(visit.part(i, self.layers_[i]));
    return parameters;
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const {
    for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].initialise(segments_[i].of(theta), rng);
  }

  /// Gives the data to each layer that starts from data, transformed by the layers before it (in this direction).
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    KeptRows<Scalar> rows(tiles);
    start_and_move(theta, rows, direction);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    for (std::size_t k = 0; k < layers_.size(); ++k) {
      const std::size_t i = direction == Direction::forward ? k : layers_.size() - 1 - k;
      start_from_data(layers_[i], segments_[i].of(theta), rows, direction);
    }
  }

  using ForwardTape = decltype(std::declval<const L&>().forward({}, std::declval<Tile<Scalar>&>()));
  using InverseTape = decltype(std::declval<const L&>().inverse({}, std::declval<Tile<Scalar>&>()));
  template <class T>
  struct Tape {
    const T* tapes;
  };

  Tape<ForwardTape> forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    ForwardTape* const tapes = tile.arena->template allocate<ForwardTape>(tile.record ? layers_.size() : 0);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (tile.record) {
        std::construct_at(tapes + i, layers_[i].forward(segments_[i].of(theta), tile));
      } else {
        const ArenaScope scope(*tile.arena);
        layers_[i].forward(segments_[i].of(theta), tile);
      }
    }
    return {tapes};
  }
  Tape<InverseTape> inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    InverseTape* const tapes = tile.arena->template allocate<InverseTape>(tile.record ? layers_.size() : 0);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      if (tile.record) {
        std::construct_at(tapes + i, layers_[i].inverse(segments_[i].of(theta), tile));
      } else {
        const ArenaScope scope(*tile.arena);
        layers_[i].inverse(segments_[i].of(theta), tile);
      }
    }
    return {tapes};
  }

  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape<ForwardTape>& tape,
                   Tile<Scalar>& tile) const {
    for (std::size_t i = layers_.size(); i-- > 0;) {
      const ArenaScope scope(*tile.arena);
      layers_[i].forward_vjp(segments_[i].of(theta), segments_[i].of(grad), tape.tapes[i], tile);
    }
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape<InverseTape>& tape,
                   Tile<Scalar>& tile) const {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const ArenaScope scope(*tile.arena);
      layers_[i].inverse_vjp(segments_[i].of(theta), segments_[i].of(grad), tape.tapes[i], tile);
    }
  }

 private:
  static L default_layer() {
    static_assert(
        std::default_initializable<L>,
        "Stack(count) makes default layers, but a layer whose number of features is set at run time has no "
        "default: give one to copy, as in Stack(count, layer)");
    return L();
  }

  void add(L layer, Eigen::Index i) {
    if (!layers_.empty()) {
      if (layer.dim() != dim())
        detail::reject("layer " + std::to_string(i) + " of the Stack takes " + std::to_string(layer.dim()) +
                       " features but layer 0 gives " + std::to_string(dim()) +
                       ": give all layers one dimension");
    }
    context_dim_ = detail::common_context("Stack", context_dim_, eigenflow::context_dim(layer));
    segments_.push_back(segments_.empty() ? Segment{0, parameter_count(layer)}
                                          : segments_.back().followed_by(parameter_count(layer)));
    layers_.push_back(std::move(layer));
  }

  std::vector<L> layers_;
  std::vector<Segment> segments_;
  Eigen::Index context_dim_ = 0;
};

namespace detail {

template <class Make>
concept MakesLayers = Layer<std::invoke_result_t<Make&, Eigen::Index>>;

}  // namespace detail

/// CTAD for Stack(n, layer) and Stack(n, make).
template <Layer L>
Stack(Eigen::Index, L) -> Stack<L>;
template <detail::MakesLayers Make>
Stack(Eigen::Index, Make) -> Stack<std::invoke_result_t<Make&, Eigen::Index>>;

}  // namespace eigenflow
