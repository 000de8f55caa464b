#pragma once

#include <Eigen/Core>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "eigenflow/detail/finite.hpp"
#include "eigenflow/dimension.hpp"
#include "eigenflow/layer.hpp"

namespace eigenflow {

/// Calls its argument on every tile of a data set, in order: what a data-dependent start may look at.
template <class Scalar>
using TileSource = std::function<void(const std::function<void(Tile<Scalar>&)>&)>;

/// z = (x - mean) / scale per feature, with log-det -Σ log scale: data of any unit and range come out with
/// mean zero and unit variance. Put it first; `fit` sets it from the training data, once, and it is never
/// trained. A constant feature keeps its scale (1), so that nothing divides by zero.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Standardize {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  Standardize() requires(Dim_ != Eigen::Dynamic) : Standardize(Dim_) {}
  explicit Standardize(Dimension<Dim_> dim)
      : dim_(dim), mean_(VectorX<Scalar>::Zero(dim)), scale_(VectorX<Scalar>::Ones(dim)) {}

  /// Known statistics. Throws std::invalid_argument unless both have D entries,
  /// all of them finite, and every scale is positive.
  Standardize(VectorX<Scalar> mean, VectorX<Scalar> scale)
      : dim_(mean.size()), mean_(std::move(mean)), scale_(std::move(scale)), initialised_(true) {
    if (scale_.size() != mean_.size())
      detail::refuse("Standardize needs a mean and a scale for each feature, but got " +
                     std::to_string(mean_.size()) + " means and " + std::to_string(scale_.size()) +
                     " scales");
    for (Eigen::Index j = 0; j < scale_.size(); ++j)
      if (!detail::is_finite(mean_[j]) || !detail::is_finite(scale_[j]) || !(scale_[j] > 0))
        detail::refuse("feature " + std::to_string(j) +
                       " of Standardize needs a finite mean and a positive, finite scale, but got " +
                       std::to_string(mean_[j]) + " and " + std::to_string(scale_[j]));
  }

  static constexpr const char* name() { return "Standardize"; }
  Eigen::Index dim() const { return dim_; }
  const VectorX<Scalar>& mean() const { return mean_; }
  const VectorX<Scalar>& scale() const { return scale_; }
  bool initialised() const { return initialised_; }

  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self& self, Visitor& visit) {
    visit.constant("mean", self.mean_);
    visit.constant("scale", self.scale_);
    visit.constant("initialised", self.initialised_);
    return {};
  }

  void initialise(std::span<Scalar>, Rng&) const {}

  /// Takes mean and standard deviation from the data (two
  /// passes, sums in double), unless it has them already.
  void initialise_from(std::span<Scalar>, const TileSource<Scalar>& tiles) {
    if (initialised_) return;
    using Sums = Eigen::Array<double, 1, Eigen::Dynamic>;
    double rows = 0;
    Sums sum = Sums::Zero(dim());
    tiles([&](const Tile<Scalar>& tile) {
      rows += static_cast<double>(tile.rows());
      sum += tile.values.template cast<double>().array().colwise().sum();
    });
    if (rows == 0) return;
    const Sums mean = sum / rows;
    Sums squares = Sums::Zero(dim());
    tiles([&](const Tile<Scalar>& tile) {
      squares += (tile.values.template cast<double>().array().rowwise() - mean).square().colwise().sum();
    });
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const double deviation = std::sqrt(squares[j] / rows);
      mean_[j] = static_cast<Scalar>(mean[j]);
      // Below the resolution of the values themselves a spread is rounding: the feature is constant.
      const double resolution = 4 * std::numeric_limits<Scalar>::epsilon() * std::abs(mean[j]);
      const bool spread = deviation > resolution && deviation > std::numeric_limits<Scalar>::min();
      scale_[j] = spread ? static_cast<Scalar>(deviation) : Scalar(1);
    }
    initialised_ = true;
  }

  struct Tape {};

  Tape forward(std::span<const Scalar>, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) = (tile.values.col(j).array() - mean_[j]) / scale_[j];
    tile.log_det.array() -= log_scale();
    return {};
  }
  Tape inverse(std::span<const Scalar>, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) = tile.values.col(j).array() * scale_[j] + mean_[j];
    tile.log_det.array() += log_scale();
    return {};
  }
  void forward_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) tile.grad_values.col(j) /= scale_[j];
  }
  void inverse_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) tile.grad_values.col(j) *= scale_[j];
  }

 private:
  Scalar log_scale() const {
    double sum = 0;
    for (const Scalar scale : scale_) sum += std::log(static_cast<double>(scale));
    return static_cast<Scalar>(sum);
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  VectorX<Scalar> mean_;
  VectorX<Scalar> scale_;
  bool initialised_ = false;
};

}  // namespace eigenflow
