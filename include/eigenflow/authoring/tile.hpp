#pragma once

#include <Eigen/Core>
#include <concepts>
#include <cstdint>
#include <functional>
#include <new>
#include <type_traits>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow {

namespace detail {

/// Makes an Eigen map point elsewhere: assigning to it would copy numbers.
template <class Map, class... Place>
void point_at(Map& map, const Place&... place) {
  new (&map) Map(place...);
}

}  // namespace detail

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

/// Rows of a batch that go through a flow together: few enough that the tile of a small flow stays in the cache. A part
/// with large activations may ask for fewer (rows_together).
inline constexpr Eigen::Index tile_rows = 256;

/// The training run and the step of a batch, which determine its dropout masks.
struct TrainingStep {
  std::uint64_t seed;
  std::uint64_t step;
};

/// The dropout masks of one pass: a function of the training step, the row of the batch and the site, so that they
/// depend neither on threads nor on the tiles.
struct DropoutSource {
  TrainingStep training;
  Eigen::Index first_row;       ///< of the tile, in the batch
  std::uint64_t next_site = 0;  ///< sites are counted in the order of the pass
  Eigen::Index samples =
      0;  ///< in a tile of pixels: its samples, of which row p samples + n is pixel p of sample n
  Eigen::Index pixels = 1;  ///< of a sample

  /// The index of row i of the tile among the rows of the batch, or among all of its pixels in a tile of pixels.
  std::uint64_t row(Eigen::Index i) const {
    if (samples == 0) return static_cast<std::uint64_t>(first_row + i);
    return static_cast<std::uint64_t>((first_row + i % samples) * pixels + i / samples);
  }
  /// The same source for a tile of pixels, `count` for each of `rows` rows.
  DropoutSource of_pixels(Eigen::Index rows, Eigen::Index count) const {
    return {training, first_row, next_site, samples == 0 ? rows : samples, pixels * count};
  }
};

/// One pass over a batch: its memory, and whether gradients follow.
struct Pass {
  Arena* arena;                      ///< tapes and intermediate values
  bool record;                       ///< a vjp follows, so the tape must be complete
  DropoutSource* dropout = nullptr;  ///< set only in training; null: no dropout
};

/// The tape of a direction for its vjp: default-constructed, assigned, and never destroyed.
template <class T>
concept TapeValue = std::semiregular<T> && std::is_trivially_destructible_v<T>;

/// A batch of N samples on its way through the layers: N × D, column-major and contiguous, so that one
/// feature of all samples lies side by side and SIMD runs across the batch. A layer works in place.
template <class Scalar_>
struct Tile : Pass {
  using Scalar = Scalar_;
  using Matrix = Eigen::Map<MatrixX<Scalar>>;
  using Vector = Eigen::Map<VectorX<Scalar>>;

  Matrix values;   ///< N × D: the features; a direction replaces its input by its output
  Vector log_det;  ///< N: log|det ∂output/∂input| in nats, accumulated

  ConstMatrixMap<Scalar> context;  ///< N × C: what the density is conditioned on; C = 0: none

  Matrix grad_values;                   ///< N × D: ∂loss/∂output, replaced by ∂loss/∂input
  ConstVectorMap<Scalar> grad_log_det;  ///< N: ∂loss/∂log_det, one number per sample, read only
  Matrix grad_context;                  ///< N × C: ∂loss/∂context, accumulated

  Eigen::Index rows() const { return values.rows(); }
  Eigen::Index cols() const { return values.cols(); }

  /// Column-major scratch of this tile's height (rows × columns), uninitialised, valid until the release of the
  /// arena.
  Matrix scratch(Eigen::Index columns) const {
    const Eigen::Index size = rows() * columns;
    return Matrix(arena->allocate<Scalar>(static_cast<std::size_t>(size)), rows(), columns);
  }

  // Assigning to an Eigen map copies numbers; constructing it again makes it point elsewhere.

  /// Gives the tile a context of that many columns from the arena. Returns it for the caller to fill.
  Matrix attach_context(Eigen::Index columns) {
    Matrix numbers = scratch(columns);
    detail::point_at(context, numbers.data(), rows(), columns);
    return numbers;
  }

  /// Gives the tile cotangents from the arena: grad_values, grad_context (zero) and grad_log_det. Returns the last
  /// for the caller to fill.
  Vector attach_cotangents() {
    Matrix values_cotangent = scratch(cols());
    Matrix log_det_cotangent = scratch(1);
    Matrix context_cotangent = scratch(context.cols());
    context_cotangent.setZero();
    detail::point_at(grad_values, values_cotangent.data(), rows(), cols());
    detail::point_at(grad_log_det, log_det_cotangent.data(), rows());
    detail::point_at(grad_context, context_cotangent.data(), rows(), context.cols());
    return Vector(log_det_cotangent.data(), rows());
  }

  /// The same rows with other features, for an inner layer.
  Tile with_values(const Matrix& others, const Matrix& grad_others) const {
    return {*this, others, log_det, context, grad_others, grad_log_det, grad_context};
  }
  /// The same rows with another context.
  Tile with_context(const ConstMatrixMap<Scalar>& other, const Matrix& grad_other) const {
    return {*this, values, log_det, other, grad_values, grad_log_det, grad_other};
  }

  /// The same rows with another log_det, for one of several densities.
  Tile with_log_det(const Vector& other) const {
    return {*this, values, other, context, grad_values, grad_log_det, grad_context};
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

/// Calls its argument on every tile of a data set, in order: the data for a data-dependent start.
template <class Scalar>
using TileSource = std::function<void(const std::function<void(Tile<Scalar>&)>&)>;

}  // namespace eigenflow
