#pragma once

#include <Eigen/Core>
#include <concepts>
#include <cstdint>
#include <new>
#include <type_traits>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow {

template <class Scalar>
using MatrixX = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
template <class Scalar>
using VectorX = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
template <class Scalar>
using MatrixMap = Eigen::Map<MatrixX<Scalar>>;
template <class Scalar>
using VectorMap = Eigen::Map<VectorX<Scalar>>;
template <class Scalar>
using ConstMatrixMap = Eigen::Map<const MatrixX<Scalar>>;
template <class Scalar>
using ConstVectorMap = Eigen::Map<const VectorX<Scalar>>;

/// Rows of a batch that go through a flow together: few enough that a small flow's tile stays in the cache.
inline constexpr Eigen::Index tile_rows = 256;

/// Which step of which training run a batch belongs to: what its dropout masks are drawn from.
struct TrainingStep {
  std::uint64_t seed;
  std::uint64_t step;
};

/// The masks of one pass: a function of the training step, a row's place in the batch, and the site, so that
/// they depend neither on threads nor on how the batch is cut.
struct DropoutSource {
  TrainingStep training;
  Eigen::Index first_row;       ///< of the tile, in the batch
  std::uint64_t next_site = 0;  ///< sites are counted in the order in which a pass meets them
};

/// One pass over a batch: where its scratch lives, and whether gradients follow.
struct Pass {
  Arena* arena;                      ///< tapes and intermediate values
  bool record;                       ///< a vjp follows, so the tape must be whole
  DropoutSource* dropout = nullptr;  ///< set in training alone; without it nothing is dropped
};

/// What a direction keeps for its vjp: made empty, assigned, and forgotten without a destructor.
template <class T>
concept TapeValue = std::semiregular<T> && std::is_trivially_destructible_v<T>;

/// A batch of N samples on its way through the layers: N × D, column-major and contiguous, so that one
/// feature of all samples lies side by side and SIMD runs across the batch. A layer works in place.
template <class Scalar_>
struct Tile : Pass {
  using Scalar = Scalar_;
  using Matrix = Eigen::Map<MatrixX<Scalar>>;
  using Vector = Eigen::Map<VectorX<Scalar>>;

  Matrix values;   ///< N × D: the features; a verb replaces its input by its output
  Vector log_det;  ///< N: log|det ∂output/∂input| in nats, accumulated

  ConstMatrixMap<Scalar> context;  ///< N × C: what the density is conditioned on; C = 0 without

  Matrix grad_values;                   ///< N × D: ∂loss/∂output, replaced by ∂loss/∂input
  ConstVectorMap<Scalar> grad_log_det;  ///< N: ∂loss/∂log_det, one number a sample, read only
  Matrix grad_context;                  ///< N × C: ∂loss/∂context, accumulated

  Eigen::Index rows() const { return values.rows(); }
  Eigen::Index cols() const { return values.cols(); }

  /// Column-major scratch of this tile's height (rows ×
  /// columns), uninitialised, alive until the arena's release.
  Matrix scratch(Eigen::Index columns) const {
    const Eigen::Index size = rows() * columns;
    return Matrix(arena->allocate<Scalar>(static_cast<std::size_t>(size)), rows(), columns);
  }

  // Eigen's maps assign what they show; placing them anew makes them show something else.

  /// Gives the tile a context of that many columns from the arena, returned to be filled.
  Matrix attach_context(Eigen::Index columns) {
    Matrix numbers = scratch(columns);
    new (&context) ConstMatrixMap<Scalar>(numbers.data(), rows(), columns);
    return numbers;
  }

  /// Gives the tile cotangents from the arena: grad_values, grad_context (zero) and grad_log_det, the last
  /// returned to be filled.
  Vector attach_cotangents() {
    Matrix values_cotangent = scratch(cols());
    Matrix log_det_cotangent = scratch(1);
    Matrix context_cotangent = scratch(context.cols());
    context_cotangent.setZero();
    new (&grad_values) Matrix(values_cotangent.data(), rows(), cols());
    new (&grad_log_det) ConstVectorMap<Scalar>(log_det_cotangent.data(), rows());
    new (&grad_context) Matrix(context_cotangent.data(), rows(), context.cols());
    return Vector(log_det_cotangent.data(), rows());
  }

  /// The same rows with other features: what a layer hands to a layer inside of it.
  Tile with_values(const Matrix& others, const Matrix& grad_others) const {
    return {*this, others, log_det, context, grad_others, grad_log_det, grad_context};
  }
  /// The same rows given another context.
  Tile with_context(const ConstMatrixMap<Scalar>& other, const Matrix& grad_other) const {
    return {*this, values, log_det, other, grad_values, grad_log_det, grad_other};
  }

  /// A tile of N × D values and a log_det from the arena (uninitialised), without cotangents.
  static Tile allocate(Arena& arena, Eigen::Index rows, Eigen::Index cols, bool record) {
    Scalar* data = arena.allocate<Scalar>(static_cast<std::size_t>(rows * cols));
    Scalar* log_det = arena.allocate<Scalar>(static_cast<std::size_t>(rows));
    return {{&arena, record},   Matrix(data, rows, cols), Vector(log_det, rows),
            {nullptr, rows, 0}, {nullptr, rows, 0},       {nullptr, 0},
            {nullptr, rows, 0}};
  }
};

}  // namespace eigenflow
