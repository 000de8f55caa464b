#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/optimizer.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

// The interface of the training loop (train.hpp). It has neither the type of the flow nor that of the optimizer, so
// that the loop is compiled once for each scalar type.

namespace eigenflow {

/// A training: parameters, a loss for each step, a validation after each epoch.
template <class Scalar>
class Training {
 public:
  Training() = default;
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;
  virtual ~Training() = default;

  virtual std::span<Scalar> theta() = 0;
  /// The parts of theta that are trained, in order.
  virtual std::vector<Segment> trainable() const = 0;
  /// Before the first step of an epoch.
  virtual void begin(Eigen::Index epoch) = 0;
  /// The loss of the step number `taken` of its epoch. Overwrites `grad` by its gradient.
  virtual double loss(Eigen::Index step, Eigen::Index taken, std::span<Scalar> grad) = 0;
  /// True if judge() returns comparable values, so that the lowest is the best.
  virtual bool validates() const = 0;
  /// The loss after an epoch of `taken` steps, or of none.
  virtual double judge(Eigen::Index taken) = 0;
  /// Returns a function that restores the present state, for a checkpoint that turns out not to fit after a part of it
  /// was read.
  virtual std::function<void()> keep() = 0;
};

namespace detail {

/// Visitor over an optimizer's state: copies its numbers, vectors and counts.
struct CopyState {
  std::vector<VectorX<double>> copies = {};

  template <class Vector>
  void vector(const Vector& numbers) {
    copies.push_back(numbers.template cast<double>());
  }
  void count(Eigen::Index number) {
    copies.push_back(VectorX<double>::Constant(1, static_cast<double>(number)));
  }
};

/// True if a number that was saved as a real number is a count: an integer that is exact.
inline bool is_count(double number) {
  return is_finite(number) && number >= 0 && number <= 9007199254740992.0 && std::trunc(number) == number;
}

/// Visitor over an optimizer's state: takes its numbers from copies. `fits` is true if the sizes agree.
struct RestoreState {
  const std::vector<VectorX<double>>& copies;
  std::size_t next = 0;
  bool fits = true;

  template <class Vector>
  void vector(Vector& numbers) {
    const bool there = next < copies.size() && copies[next].size() == numbers.size();
    fits = fits && there;
    if (there) numbers = copies[next].template cast<typename Vector::Scalar>();
    ++next;
  }
  void count(Eigen::Index& number) {
    Eigen::Matrix<double, 1, 1> one(0.0);
    vector(one);
    fits = fits && is_count(one[0]);
    if (fits) number = static_cast<Eigen::Index>(one[0]);
  }
};

}  // namespace detail

/// A state of an optimizer that lists its numbers, so that checkpoints can save it.
template <class State>
concept KeepableState = requires(State& state, detail::CopyState& copy) {
  State::each(state, copy);
};

/// An optimizer at work: its rule and its state.
template <class Scalar>
class Stepper {
 public:
  Stepper() = default;
  Stepper(const Stepper&) = delete;
  Stepper& operator=(const Stepper&) = delete;
  virtual ~Stepper() = default;

  virtual void advance() = 0;
  virtual void update(Eigen::Index offset, std::span<Scalar> theta, std::span<const Scalar> grad,
                      double learning_rate) = 0;
  /// The state as numbers. Throws std::invalid_argument if the optimizer does not list them.
  virtual std::vector<VectorX<double>> numbers() const = 0;
  /// Restores the state from numbers. False if the sizes differ.
  virtual bool restore(const std::vector<VectorX<double>>& numbers) = 0;
};

template <class Scalar, Optimizer<Scalar> O>
class StepperOf final : public Stepper<Scalar> {
  using State = decltype(std::declval<const O&>().template start<Scalar>(Eigen::Index()));

 public:
  StepperOf(const O& optimizer, Eigen::Index size)
      : optimizer_(optimizer), state_(optimizer.template start<Scalar>(size)) {}

  void advance() override { optimizer_.advance(state_); }
  void update(Eigen::Index offset, std::span<Scalar> theta, std::span<const Scalar> grad,
              double learning_rate) override {
    optimizer_.update(state_, offset, theta, grad, learning_rate);
  }
  std::vector<VectorX<double>> numbers() const override {
    detail::CopyState copy;
    if constexpr (KeepableState<const State>)
      State::each(state_, copy);
    else
      reject_state();
    return std::move(copy.copies);
  }
  bool restore([[maybe_unused]] const std::vector<VectorX<double>>& numbers) override {
    if constexpr (KeepableState<State>) {
      detail::RestoreState restore{numbers};
      State::each(state_, restore);
      return restore.fits && restore.next == numbers.size();
    } else {
      reject_state();
    }
  }

 private:
  [[noreturn]] static void reject_state() {
    detail::reject(
        "the state of this optimizer cannot be saved in a checkpoint: give the state a static function "
        "each(state, visitor), as AdamState has");
  }

  const O& optimizer_;
  State state_;
};

/// A flow in training. `Source` computes the loss: it has begin, loss, validates and judge.
template <class Flow, class Source>
class FlowTraining final : public Training<typename Flow::Scalar> {
  using Scalar = typename Flow::Scalar;

 public:
  FlowTraining(Flow& flow, Source& source) : flow_(flow), source_(source) {}

  std::span<Scalar> theta() override { return flow_.theta(); }
  std::vector<Segment> trainable() const override { return flow_.trainable(); }
  void begin(Eigen::Index epoch) override { source_.begin(epoch); }
  double loss(Eigen::Index step, Eigen::Index taken, std::span<Scalar> grad) override {
    return source_.loss(step, taken, grad);
  }
  bool validates() const override { return source_.validates(); }
  double judge(Eigen::Index taken) override { return source_.judge(taken); }
  std::function<void()> keep() override {
    return [this, before = flow_] { flow_ = before; };
  }

 private:
  Flow& flow_;
  Source& source_;
};

namespace detail {

/// Checks the arguments that every fit has.
template <class Flow, class O>
constexpr bool check_types() {
  static_assert(
      requires(const Flow& flow) { flow.trainable(); },
      "fit trains a Flow: put a layer into one, as in Flow flow{layer, rng}");
  static_assert(!std::is_const_v<Flow>,
                "fit changes the parameters of a flow: this one is const, so fit a copy of it that is not");
  static_assert(Optimizer<O, typename Flow::Scalar>,
                "an optimizer has start<Scalar>(size), advance(state) and update(state, offset, theta, grad, "
                "learning_rate), as Adam (optim/adam.hpp) has");
  return true;
}

/// Rejects a start from parameters that are not finite.
template <class Scalar>
void check_parameters(std::span<const Scalar> theta) {
  for (std::size_t i = 0; i < theta.size(); ++i)
    if (!is_finite(theta[i]))
      reject("fit starts from the parameters that the flow has, but parameter " + std::to_string(i) + " is " +
             decimal(theta[i]) + ": set finite ones, or make a new flow");
}

}  // namespace detail
}  // namespace eigenflow
