#pragma once

#include <Eigen/Core>
#include <span>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/detail/feature_statistics.hpp"

namespace eigenflow {

/// z = (x - mean) / scale per feature, with log-det -Σ log scale: data of any unit and range get mean zero
/// and unit variance. Put it first. `fit` sets it from the training data, once; it is never trained. The scale of a
/// constant feature stays 1, so that nothing divides by zero.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Standardize {
 public:
  using Scalar = Scalar_;
  using Numbers = eigenflow::Numbers<Scalar>;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  Standardize() requires(Dim_ != Eigen::Dynamic) : Standardize(Dim_) {}
  explicit Standardize(Dimension<Dim_> dim) : dim_(dim), statistics_(dim) {}

  /// Known statistics. They stay: a fit replaces them only if they are not `initialised`. Throws
  /// std::invalid_argument unless both have D entries, all of them finite, and every scale is positive.
  constexpr Standardize(Numbers mean, Numbers scale, bool initialised = true)
      : dim_(mean.size()), statistics_("Standardize", std::move(mean), std::move(scale), initialised) {}

  static constexpr const char* tag() { return "Standardize"; }
  constexpr Eigen::Index dim() const { return dim_; }
  const Numbers& mean() const { return statistics_.mean; }
  const Numbers& scale() const { return statistics_.scale; }
  bool initialised() const { return statistics_.known; }

  static Standardize example(Eigen::Index dim, Eigen::Index) {
    return {VectorX<Scalar>::LinSpaced(dim, Scalar(-1), Scalar(2)).eval(),
            VectorX<Scalar>::LinSpaced(dim, Scalar(0.5), Scalar(3)).eval()};
  }
  static constexpr auto structure() {
    return std::tuple(Constant{"mean", &Standardize::mean}, Constant{"scale", &Standardize::scale},
                      Constant{"initialised", &Standardize::initialised});
  }
  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }

  void initialise(std::span<Scalar>, Rng&) const {}

  /// Sets mean and scale from the data that enters `direction`, unless they are set.
  void initialise_from(std::span<Scalar>, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    statistics_.take(tiles, direction);
  }

  struct Tape {};

  Tape forward(std::span<const Scalar>, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) = (tile.values.col(j).array() - mean()[j]) / scale()[j];
    tile.log_det.array() -= statistics_.log_scale();
    return {};
  }
  Tape inverse(std::span<const Scalar>, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) = tile.values.col(j).array() * scale()[j] + mean()[j];
    tile.log_det.array() += statistics_.log_scale();
    return {};
  }
  void forward_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) tile.grad_values.col(j) /= scale()[j];
  }
  void inverse_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) tile.grad_values.col(j) *= scale()[j];
  }

 private:
  [[no_unique_address]] Dimension<Dim_> dim_;
  detail::FeatureStatistics<Scalar> statistics_;
};

}  // namespace eigenflow
