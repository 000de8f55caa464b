#pragma once

#include <Eigen/Core>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/layer.hpp"

// The interface of the laws to a layer: virtual functions, so that the laws are compiled once per scalar type and not
// once per layer.

namespace contract {

using Eigen::Index;
using eigenflow::Arena;
using eigenflow::ArenaScope;
using eigenflow::MatrixX;
using eigenflow::Rng;
using eigenflow::Tile;
using eigenflow::VectorX;

/// The scalar type of references, for the layers and for the numeric derivatives.
using Wide = long double;

enum class Direction { forward, inverse };
inline const char* to_string(Direction direction) {
  return direction == Direction::forward ? "forward" : "inverse";
}

/// The instance of a layer that a factory must make: a scalar type, and D at compile time or (Eigen::Dynamic) at run
/// time.
template <class Scalar_, int Dim_>
struct Kind {
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;
  Index dim;
};

/// A layer under test.
template <class S>
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  virtual Index dim() const = 0;
  virtual Index context_dim() const = 0;
  virtual Index parameter_count() const = 0;
  virtual void initialise(std::span<S> theta, Rng& rng) const = 0;
  virtual void run(Direction direction, std::span<const S> theta, Tile<S>& tile) const = 0;
  /// Runs the direction and then its vjp, with the cotangents that the tile has.
  virtual void run_vjp(Direction direction, std::span<const S> theta, std::span<S> grad,
                       Tile<S>& tile) const = 0;
  /// The smallest size whose rounding is used for an input. Numbers near zero have finer roundings, but an angle does not:
  /// zero is an ordinary point of the circle, so its rounding is that of π.
  virtual Wide input_size() const { return 0; }
};

template <eigenflow::Layer L>
class LayerSubject final : public Subject<typename L::Scalar> {
  using S = typename L::Scalar;

 public:
  explicit LayerSubject(L layer) : layer_(std::move(layer)) {}

  Index dim() const override { return layer_.dim(); }
  Index context_dim() const override { return eigenflow::context_dim(layer_); }
  Index parameter_count() const override { return eigenflow::parameter_count(layer_); }
  Wide input_size() const override {
    if constexpr (requires { layer_.transformer().circles(); })
      return layer_.transformer().circles().empty() ? Wide(0) : std::numbers::pi_v<Wide>;
    else
      return 0;
  }
  void initialise(std::span<S> theta, Rng& rng) const override { layer_.initialise(theta, rng); }
  void run(Direction direction, std::span<const S> theta, Tile<S>& tile) const override {
    if (direction == Direction::forward)
      layer_.forward(theta, tile);
    else
      layer_.inverse(theta, tile);
  }
  void run_vjp(Direction direction, std::span<const S> theta, std::span<S> grad,
               Tile<S>& tile) const override {
    if (direction == Direction::forward)
      layer_.forward_vjp(theta, grad, layer_.forward(theta, tile), tile);
    else
      layer_.inverse_vjp(theta, grad, layer_.inverse(theta, tile), tile);
  }

 private:
  L layer_;
};

/// A base as a layer with one direction: it leaves the values unchanged and adds its log-density to log_det. So the
/// laws of gradients, batches and allocation apply to it.
template <eigenflow::Base B>
class BaseSubject final : public Subject<typename B::Scalar> {
  using S = typename B::Scalar;

 public:
  explicit BaseSubject(B base) : base_(std::move(base)) {}

  Index dim() const override { return base_.dim(); }
  Index context_dim() const override { return eigenflow::context_dim(base_); }
  Index parameter_count() const override { return eigenflow::parameter_count(base_); }
  void initialise(std::span<S> theta, Rng& rng) const override { base_.initialise(theta, rng); }
  void run(Direction, std::span<const S> theta, Tile<S>& tile) const override { base_.log_prob(theta, tile); }
  void run_vjp(Direction, std::span<const S> theta, std::span<S> grad, Tile<S>& tile) const override {
    const auto tape = eigenflow::add_log_prob(base_, theta, tile);
    // A base replaces the cotangent of its values; as a layer it passes the old one on.
    typename Tile<S>::Matrix passed_on = tile.scratch(tile.cols());
    passed_on = tile.grad_values;
    eigenflow::pull_back_log_prob(base_, theta, grad, tape, tile);
    tile.grad_values += passed_on;
  }

 private:
  B base_;
};

/// The same bijection in every scalar type, with D at run time and at compile time.
struct Candidates {
  std::string name;
  std::unique_ptr<Subject<Wide>> reference;
  std::vector<std::unique_ptr<Subject<float>>> floats;
  std::vector<std::unique_ptr<Subject<double>>> doubles;
};

}  // namespace contract
