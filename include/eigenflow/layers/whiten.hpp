#pragma once

#include <Eigen/Core>
#include <cmath>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/correlation_factor.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/detail/feature_statistics.hpp"
#include "eigenflow/nets/kernel/triangular.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// Takes the mean, the scales and the correlations out of the data: a flow that starts with it is, before any training,
/// the Gaussian with the data's covariance.
///
///   map         z = K⁻¹ ((x - mean)/scale),   K lower triangular with a positive diagonal
///   log-det     -Σ log scale - Σ log Kᵢᵢ
///   inverse     x = (K z) scale + mean
///
/// `fit` sets all three from the training data, once, and they are never trained: K Kᵀ is the data's correlation matrix,
/// shrunk towards the identity as far as held-out rows ask for it (numerics/correlations.hpp), so that few rows, or
/// features that repeat each other, still give a density. Put a LuLinear behind it to train from there. A constant feature keeps its scale (1).
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Whiten {
 public:
  using Scalar = Scalar_;
  using Numbers = eigenflow::Numbers<Scalar>;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  Whiten() requires(Dim_ != Eigen::Dynamic) : Whiten(Dim_) {}
  /// The identity, until there are data.
  explicit Whiten(Dimension<Dim_> dim) : dim_(dim), statistics_(dim), factor_(identity(dim)) {}

  /// Known statistics, which stay: a fit replaces only those that are not `initialised`. `factor` is K's lower triangle row
  /// by row: K(0,0), K(1,0), K(1,1), K(2,0)... Throws std::invalid_argument unless mean and scale have D entries and
  /// factor D(D + 1)/2, all finite, and every scale and every K(i,i) is positive.
  constexpr Whiten(Numbers mean, Numbers scale, Numbers factor, bool initialised = true)
      : dim_(mean.size()),
        statistics_("Whiten", std::move(mean), std::move(scale), initialised),
        factor_(std::move(factor)) {
    if (factor_.size() != entry(dim(), 0))
      detail::reject("Whiten needs the lower triangle of its factor, " + std::to_string(entry(dim(), 0)) +
                     " entries for " + std::to_string(dim()) + " features, but got " +
                     std::to_string(factor_.size()));
    for (Eigen::Index i = 0; i < dim(); ++i)
      for (Eigen::Index j = 0; j <= i; ++j)
        if (const Scalar value = factor_[entry(i, j)]; !detail::is_finite(value) || (i == j && !(value > 0)))
          detail::reject("entry (" + std::to_string(i) + ", " + std::to_string(j) +
                         ") of Whiten's factor must be finite, and positive on the diagonal, but is " +
                         detail::decimal(value));
  }

  static constexpr const char* tag() { return "Whiten"; }
  constexpr Eigen::Index dim() const { return dim_; }
  const Numbers& mean() const { return statistics_.mean; }
  const Numbers& scale() const { return statistics_.scale; }
  const Numbers& factor() const { return factor_; }
  bool initialised() const { return statistics_.known; }

  /// Features of different scales, each correlated with those before it.
  static Whiten example(Eigen::Index dim, Eigen::Index) {
    Whiten layer{Dimension<Dim_>(dim)};
    for (Eigen::Index i = 0; i < dim; ++i) {
      layer.statistics_.mean[i] = Scalar(0.5) - static_cast<Scalar>(i % 2);
      layer.statistics_.scale[i] = std::exp2(static_cast<Scalar>(i % 3 - 1));
      layer.factor_[entry(i, i)] = Scalar(1) / static_cast<Scalar>(1 + i % 2);
      for (Eigen::Index j = 0; j < i; ++j)
        layer.factor_[entry(i, j)] = Scalar(0.5) / static_cast<Scalar>(1 + i + j);
    }
    layer.statistics_.known = true;
    return layer;
  }
  static constexpr auto structure() {
    return std::tuple(Constant{"mean", &Whiten::mean}, Constant{"scale", &Whiten::scale},
                      Constant{"factor", &Whiten::factor}, Constant{"initialised", &Whiten::initialised});
  }
  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }

  void initialise(std::span<Scalar>, Rng&) const {}

  /// Takes mean, scale and factor from the data that enters `direction`, unless it has them already.
  void initialise_from(std::span<Scalar>, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    if (initialised()) return;
    detail::FeatureStatistics<Scalar> units(dim());
    units.take(tiles, Direction::forward);
    if (!units.known) return;
    MatrixX<double> k = correlation_factor(tiles, units.mean, units.scale);
    statistics_ = std::move(units);
    if (direction == Direction::inverse) turn(k);
    for (Eigen::Index i = 0; i < dim(); ++i)
      for (Eigen::Index j = 0; j <= i; ++j) factor_[entry(i, j)] = static_cast<Scalar>(k(i, j));
  }

  struct Tape {};

  Tape forward(std::span<const Scalar>, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) = (tile.values.col(j).array() - mean()[j]) / scale()[j];
    multiply<true>(tile.values, Order::rows, tile);
    tile.log_det.array() -= log_scale();
    return {};
  }
  Tape inverse(std::span<const Scalar>, Tile<Scalar>& tile) const {
    multiply<false>(tile.values, Order::rows, tile);
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) = tile.values.col(j).array() * scale()[j] + mean()[j];
    tile.log_det.array() += log_scale();
    return {};
  }
  void forward_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    multiply<true>(tile.grad_values, Order::columns, tile);
    for (Eigen::Index j = 0; j < dim(); ++j) tile.grad_values.col(j) /= scale()[j];
  }
  void inverse_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) tile.grad_values.col(j) *= scale()[j];
    multiply<false>(tile.grad_values, Order::columns, tile);
  }

 private:
  enum class Order { rows, columns };  // K as it is, or transposed

  static constexpr Eigen::Index entry(Eigen::Index i, Eigen::Index j) { return i * (i + 1) / 2 + j; }
  static Numbers identity(Eigen::Index dim) {
    Numbers factor = VectorX<Scalar>::Zero(entry(dim, 0));
    for (Eigen::Index i = 0; i < dim; ++i) factor[entry(i, i)] = 1;
    return factor;
  }

  // Data z that enters the inverse comes out white where diag(scale′) K′ = K⁻¹ diag(1/scale).
  void turn(MatrixX<double>& k) {
    MatrixX<double> inverse = MatrixX<double>::Identity(dim(), dim());
    k.template triangularView<Eigen::Lower>().solveInPlace(inverse);
    for (Eigen::Index j = 0; j < dim(); ++j) inverse.col(j) /= static_cast<double>(scale()[j]);
    const VectorX<double> mean = -(inverse * statistics_.mean.template cast<double>());
    for (Eigen::Index i = 0; i < dim(); ++i) {
      statistics_.mean[i] = static_cast<Scalar>(mean[i]);
      statistics_.scale[i] = static_cast<Scalar>(inverse(i, i));
      k.row(i) = inverse.row(i) / inverse(i, i);
    }
  }

  Scalar log_scale() const {
    double sum = static_cast<double>(statistics_.log_scale());
    for (Eigen::Index i = 0; i < dim(); ++i) sum += std::log(static_cast<double>(factor_[entry(i, i)]));
    return static_cast<Scalar>(sum);
  }

  // Every row v of the values becomes K v or Kᵀ v, or with K⁻¹ in the place of K.
  template <bool solving, class Matrix>
  void multiply(Matrix& values, Order order, Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const ArenaScope scope(arena);
    const auto size = static_cast<std::size_t>(dim());
    Scalar* const entries = arena.template allocate<Scalar>(size * size);
    Scalar* const diagonal = arena.template allocate<Scalar>(size);
    for (Eigen::Index i = 0; i < dim(); ++i) {
      for (Eigen::Index j = 0; j < i; ++j)
        entries[i + j * dim()] = solving ? -factor_[entry(i, j)] : factor_[entry(i, j)];
      diagonal[i] = solving ? 1 / factor_[entry(i, i)] : factor_[entry(i, i)];
    }
    const nets::Triangular<Scalar> lower{nets::Triangle::lower, entries, 1, dim(), diagonal};
    const auto panels = nets::Panels<Scalar>::allocate(arena, values.rows(), values.cols());
    panels.take(values.data(), 0, values.cols());
    const nets::Triangular<Scalar> matrix = order == Order::rows ? lower : lower.transposed();
    if constexpr (solving)
      nets::triangular_solve(matrix, panels);
    else
      nets::triangular_multiply(matrix, panels);
    panels.give(values.data(), 0, values.cols());
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  detail::FeatureStatistics<Scalar> statistics_;
  Numbers factor_;
};

}  // namespace eigenflow
