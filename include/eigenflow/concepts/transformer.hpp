#pragma once

#include <Eigen/Core>
#include <concepts>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/list.hpp"

namespace eigenflow {

/// The numbers of one feature in one step of rows: the parameters from the conditioner, then the numbers that the
/// transformer keeps for its vjp. `slots[i]` reads, `slots.set(i, numbers)` writes.
template <class Scalar>
class Slots {
 public:
  using Number = Lanes<Scalar>;

  Slots(RowStep<Scalar> step, Scalar* parameters, Eigen::Index count, Scalar* kept, Eigen::Index rows,
        Eigen::Index feature = 0)
      : step_(step), parameters_(parameters), count_(count), kept_(kept), rows_(rows), feature_(feature) {}

  /// The index of the feature in the layer.
  Eigen::Index feature() const { return feature_; }

  Number operator[](Eigen::Index i) const { return step_.load(column(i)); }
  void set(Eigen::Index i, Number numbers) const { step_.store(column(i), numbers); }

 private:
  Scalar* column(Eigen::Index i) const {
    return i < count_ ? parameters_ + i * rows_ : kept_ + (i - count_) * rows_;
  }

  RowStep<Scalar> step_;
  Scalar* parameters_;
  Eigen::Index count_;
  Scalar* kept_;
  Eigen::Index rows_;
  Eigen::Index feature_;
};

/// The result of a transformer for a feature.
template <class Number>
struct Transformed {
  Number value;
  Number log_det;  ///< log|∂output/∂input| of the direction evaluated, nats
};

/// A transformer, the g(·) of a coupling: an invertible scalar map whose few parameters come from a conditioner. It
/// does not depend on networks, and is written for `Lanes`: several samples of one feature at a time.
template <class T>
concept Transformer = std::copyable<T> &&
    requires(const T& transformer, Lanes<typename T::Scalar> number, const Slots<typename T::Scalar>& slots) {
  typename T::Scalar;
  // The number of slots of a feature: parameters (all zero must be the identity), and numbers kept for the vjps.
  { transformer.parameters() } -> std::convertible_to<Eigen::Index>;
  { transformer.kept() } -> std::convertible_to<Eigen::Index>;

  // Read the parameters from slots 0 .. parameters() - 1. The transformer may overwrite every slot: they are its tape.
  { transformer.forward(number, slots) } -> std::same_as<Transformed<Lanes<typename T::Scalar>>>;
  { transformer.inverse(number, slots) } -> std::same_as<Transformed<Lanes<typename T::Scalar>>>;

  // From ∂loss/∂output and ∂loss/∂log_det, with the slots from the direction: return ∂loss/∂input and
  // overwrite slots 0 .. parameters() - 1 by ∂loss/∂parameter.
  { transformer.forward_vjp(number, number, slots) } -> std::same_as<Lanes<typename T::Scalar>>;
  { transformer.inverse_vjp(number, number, slots) } -> std::same_as<Lanes<typename T::Scalar>>;
};

/// Optional: the features that are circles, [-π, π) with its ends joined. The layer then gives its conditioner their
/// cosines and sines.
template <class T>
concept HasCircles = requires(const T& transformer) {
  { transformer.circles() } -> std::same_as<const List<Eigen::Index>&>;
};

/// A transformer that takes any number modulo a period: the layer gives its conditioner the number within it, so that
/// all numbers of a point are one.
template <class T>
concept Wraps = requires(const T& transformer, Lanes<typename T::Scalar> number) {
  { transformer.wrapped(number) } -> std::same_as<Lanes<typename T::Scalar>>;
};

}  // namespace eigenflow
