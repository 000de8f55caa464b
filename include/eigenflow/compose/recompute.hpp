#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"

namespace eigenflow {

/// The same layer with a small tape: it keeps the layer's input, N × D, and a vjp first runs the direction again (gradient
/// checkpointing, Chen et al., arXiv:1604.06174, section 3). Training takes less memory and about a third more time. All
/// results are bit-identical to those of the layer itself.
///
/// The peak of a training step is the tape of the largest such layer, and the inputs of all others. Put it around the
/// layers of a Stack, not around the whole of it.
template <class L>
class Recompute {
  static_assert(Layer<L>,
                "a Recompute is made of a layer: this part lacks something that the concept Layer "
                "(concepts/layer.hpp) asks for");

 public:
  using Scalar = typename L::Scalar;
  static constexpr int static_dim = L::static_dim;
  template <class Visitor>
  struct Parameters {
    typename L::template Parameters<Visitor> layer;
  };

  Recompute() = default;
  constexpr explicit Recompute(L layer) : layer_(std::move(layer)) {}

  static std::string tag() { return "Recompute"; }
  constexpr Eigen::Index dim() const { return layer_.dim(); }
  constexpr Eigen::Index context_dim() const { return eigenflow::context_dim(layer_); }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(layer_); }
  const L& layer() const { return layer_; }

  static Recompute example(Eigen::Index dim, Eigen::Index context_dim) {
    return Recompute(example_of<L>(dim, context_dim));
  }
  static constexpr auto structure() requires Structured<L> {
    return std::tuple(Option{"layer", &Recompute::layer});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("layer", self.layer_)};
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const { layer_.initialise(theta, rng); }
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    start_from_data(layer_, theta, tiles, direction);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    start_from_data(layer_, theta, rows, direction);
  }

  struct Tape {
    Scalar* input;             // N × D
    std::uint64_t first_site;  // of dropout: the second run draws the masks of the first
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const Tape tape = keep(tile);
    const ArenaScope scope(*tile.arena);
    layer_.forward(theta, tile);
    return tape;
  }
  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const Tape tape = keep(tile);
    const ArenaScope scope(*tile.arena);
    layer_.inverse(theta, tile);
    return tape;
  }
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    again(tape, tile, [&](Tile<Scalar>& inner) {
      const auto inner_tape = layer_.forward(theta, inner);
      layer_.forward_vjp(theta, grad, inner_tape, inner);
    });
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    again(tape, tile, [&](Tile<Scalar>& inner) {
      const auto inner_tape = layer_.inverse(theta, inner);
      layer_.inverse_vjp(theta, grad, inner_tape, inner);
    });
  }

 private:
  using Matrix = typename Tile<Scalar>::Matrix;

  Tape keep(const Tile<Scalar>& tile) const {
    Matrix input = tile.scratch(tile.record ? dim() : 0);
    if (tile.record) input = tile.values;
    return {input.data(), tile.dropout ? tile.dropout->next_site : 0};
  }

  // Calls run(inner) on a tile whose values are those of the input. The run replaces them in the tape: a tape has one vjp.
  template <class Run>
  void again(const Tape& tape, const Tile<Scalar>& tile, const Run& run) const {
    Tile<Scalar> inner = tile.with_values(Matrix(tape.input, tile.rows(), dim()), tile.grad_values);
    Matrix log_det = tile.scratch(1);
    log_det.setZero();
    detail::point_at(inner.log_det, log_det.data(), tile.rows());
    if (!tile.dropout) return run(inner);
    DropoutSource dropout = *tile.dropout;
    dropout.next_site = tape.first_site;
    inner.dropout = &dropout;
    run(inner);
  }

  L layer_;
};

}  // namespace eigenflow
