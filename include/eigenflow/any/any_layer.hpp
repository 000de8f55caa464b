#pragma once

#include <Eigen/Core>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/any/any_part.hpp"
#include "eigenflow/any/describe.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/concepts/layer.hpp"

namespace eigenflow {

namespace detail {

template <class Scalar>
class AnyLayerInterface : public AnyPartInterface<Scalar> {
 public:
  static constexpr const char* kind = "layer";
  virtual std::unique_ptr<AnyLayerInterface> clone() const = 0;
  virtual void print(std::ostream& out, const std::string& label, int depth) const = 0;
  virtual void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) = 0;
  virtual const void* forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const = 0;
  virtual const void* inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const = 0;
  virtual void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const void* tape,
                           Tile<Scalar>& tile) const = 0;
  virtual void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const void* tape,
                           Tile<Scalar>& tile) const = 0;
};

template <Layer L>
class AnyLayerModel final : public AnyPartModel<L, AnyLayerInterface<typename L::Scalar>> {
  using Scalar = typename L::Scalar;
  using AnyPartModel<L, AnyLayerInterface<Scalar>>::part_;
  using ForwardTape = decltype(std::declval<const L&>().forward({}, std::declval<Tile<Scalar>&>()));
  using InverseTape = decltype(std::declval<const L&>().inverse({}, std::declval<Tile<Scalar>&>()));

 public:
  using AnyPartModel<L, AnyLayerInterface<Scalar>>::AnyPartModel;

  std::unique_ptr<AnyLayerInterface<Scalar>> clone() const override {
    return std::make_unique<AnyLayerModel>(*this);
  }
  void print(std::ostream& out, const std::string& label, int depth) const override {
    describe(out, part_, label, depth);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) override {
    start_from_data(part_, theta, rows, direction);
  }
  const void* forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const override {
    return keep_tape(part_.forward(theta, tile), tile);
  }
  const void* inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const override {
    return keep_tape(part_.inverse(theta, tile), tile);
  }
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const void* tape,
                   Tile<Scalar>& tile) const override {
    part_.forward_vjp(theta, grad, *static_cast<const ForwardTape*>(tape), tile);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const void* tape,
                   Tile<Scalar>& tile) const override {
    part_.inverse_vjp(theta, grad, *static_cast<const InverseTape*>(tape), tile);
  }
};

}  // namespace detail

/// A layer whose type is known only at run time. It costs one virtual call per tile. Parameters have their names
/// (`named_parameters`), but no typed views.
template <class Scalar_>
class AnyLayer : public detail::AnyPart<detail::AnyLayerInterface<Scalar_>> {
  using Part = detail::AnyPart<detail::AnyLayerInterface<Scalar_>>;
  using Part::part;

 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Eigen::Dynamic;

  template <class L>
  requires(!std::same_as<L, AnyLayer> && Layer<L>) explicit AnyLayer(L layer)
      : Part(std::make_unique<detail::AnyLayerModel<L>>(std::move(layer))) {
    static_assert(std::is_same_v<typename L::Scalar, Scalar>,
                  "an AnyLayer and its layer must have the same scalar type");
  }

  /// Prints the inner layer.
  void print(std::ostream& out, const std::string& label, int depth) const {
    part().print(out, label, depth);
  }
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    KeptRows<Scalar> rows(tiles);
    start_and_move(theta, rows, direction);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    part().start_and_move(theta, rows, direction);
  }

  struct Tape {
    const void* tape;  // of the inner layer, in the arena
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return {part().forward(theta, tile)};
  }
  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return {part().inverse(theta, tile)};
  }
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   Tile<Scalar>& tile) const {
    part().forward_vjp(theta, grad, tape.tape, tile);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   Tile<Scalar>& tile) const {
    part().inverse_vjp(theta, grad, tape.tape, tile);
  }
};

/// Layers of any types, chosen at run time, with the names and the printed form of a Chain. As the only layer of a Flow
/// it stands for all of its layers: its layer i is the flow's layer i.
template <class Scalar_>
class AnyChain : public Stack<AnyLayer<Scalar_>> {
 public:
  using Scalar = Scalar_;
  using Whole = AnyChain;  // see detail::FlowParts

  explicit AnyChain(std::vector<AnyLayer<Scalar>> layers) : Stack<AnyLayer<Scalar>>(std::move(layers)) {}

  static std::string tag() { return "Chain"; }
  static AnyChain example(Eigen::Index dim, Eigen::Index context_dim) {
    return AnyChain(Stack<AnyLayer<Scalar>>::example(dim, context_dim).layers());
  }
  void print_layers(std::ostream& out, int depth) const {
    for (Eigen::Index i = 0; i < this->size(); ++i)
      detail::describe(out, (*this)[i], std::to_string(i) + ' ', depth);
  }
  void print(std::ostream& out, const std::string& label, int depth) const {
    detail::describe_line(out, *this, label, depth);
    print_layers(out, depth + 1);
  }
};

}  // namespace eigenflow
