#pragma once

#include <Eigen/Core>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The units of a context: the parts of a density get (c - mean)/scale, so that their networks do not depend on the units
/// of c. Structure, never trained. There are three kinds:
///
///   ContextUnits()             raw: the parts get c as it is
///   ContextUnits::from_data()  raw, until a fit takes mean and scale from its training rows, once
///   ContextUnits(mean, scale)  known
///
/// A column that is constant in the training rows has no effect (its scale is `no_matter`). A column of zeros and ones, a
/// flag or the part of a class (one-hot), keeps its numbers.
template <class Scalar_>
class ContextUnits {
 public:
  using Scalar = Scalar_;
  using Numbers = eigenflow::Numbers<Scalar>;

  /// The scale of a column that is constant.
  static constexpr Scalar no_matter = static_cast<Scalar>(std::numeric_limits<float>::max());

  ContextUnits() = default;
  static ContextUnits from_data() {
    ContextUnits result;
    result.awaited_ = true;
    return result;
  }
  /// Throws std::invalid_argument unless both have the same number of entries, one or more, all finite, and every scale is
  /// positive. Without `initialised` they are from_data().
  constexpr ContextUnits(Numbers mean, Numbers scale, bool initialised = true)
      : mean_(std::move(mean)), scale_(std::move(scale)), known_(initialised), awaited_(!initialised) {
    if (scale_.size() != mean_.size() || (initialised && mean_.size() == 0))
      detail::reject("the units of a context need a mean and a scale for each column, but got " +
                     std::to_string(mean_.size()) + " means and " + std::to_string(scale_.size()) +
                     " scales");
    for (Eigen::Index j = 0; j < mean_.size(); ++j) {
      if (!detail::is_finite(mean_[j]))
        detail::reject("the mean of context column " + std::to_string(j) + " must be finite, but is " +
                       detail::decimal(mean_[j]));
      if (!detail::is_finite(scale_[j]) || !(scale_[j] > 0))
        detail::reject("the scale of context column " + std::to_string(j) +
                       " must be positive and finite, but is " + detail::decimal(scale_[j]));
    }
  }

  static constexpr auto structure() {
    return std::tuple(Option{"mean", &ContextUnits::mean}, Option{"scale", &ContextUnits::scale},
                      Option{"initialised", &ContextUnits::known});
  }
  /// True for raw units, which files do not mention.
  constexpr bool left_out() const { return !known_ && !awaited_; }

  constexpr const Numbers& mean() const { return mean_; }
  constexpr const Numbers& scale() const { return scale_; }
  constexpr bool known() const { return known_; }
  /// True if a fit is to take them.
  constexpr bool awaited() const { return awaited_; }

 private:
  Numbers mean_{}, scale_{};
  bool known_ = false;
  bool awaited_ = false;
};

namespace detail {

/// (c - mean)/scale of the context c of a tile, N × C, from its arena.
template <class Scalar>
ConstMatrixMap<Scalar> standard_context(const Tile<Scalar>& tile, const Numbers<Scalar>& mean,
                                        const Numbers<Scalar>& scale) {
  typename Tile<Scalar>::Matrix c = tile.scratch(mean.size());
  for (Eigen::Index j = 0; j < mean.size(); ++j)
    c.col(j) = (tile.context.col(j).array() - mean[j]) / scale[j];
  return {c.data(), tile.rows(), mean.size()};
}

/// Adds a gradient in the standard context, N × C, to that in the context itself.
template <class Scalar>
void add_standard_grad(const MatrixMap<Scalar>& standard, const Numbers<Scalar>& scale,
                       MatrixMap<Scalar>& grad) {
  for (Eigen::Index j = 0; j < grad.cols(); ++j) grad.col(j) += standard.col(j) / scale[j];
}

/// The context of a tile is in these units as long as this lives.
template <class Scalar>
class InUnits {
 public:
  InUnits(const ContextUnits<Scalar>& by, Tile<Scalar>& tile)
      : tile_(tile), raw_(tile.context.data(), tile.context.rows(), tile.context.cols()) {
    if (!by.known()) return;
    const ConstMatrixMap<Scalar> standard = standard_context(tile, by.mean(), by.scale());
    point_at(tile.context, standard.data(), standard.rows(), standard.cols());
  }
  ~InUnits() { point_at(tile_.context, raw_.data(), raw_.rows(), raw_.cols()); }
  InUnits(const InUnits&) = delete;
  InUnits& operator=(const InUnits&) = delete;

 private:
  Tile<Scalar>& tile_;
  ConstMatrixMap<Scalar> raw_;
};

/// The same with the gradient in the context, which is then added to that of the tile.
template <class Scalar>
class GradInUnits {
  using Matrix = typename Tile<Scalar>::Matrix;

 public:
  GradInUnits(const ContextUnits<Scalar>& by, Tile<Scalar>& tile)
      : units_(by),
        inside_(by, tile),
        tile_(tile),
        raw_(tile.grad_context.data(), tile.grad_context.rows(), tile.grad_context.cols()) {
    if (!by.known()) return;
    Matrix standard = tile.scratch(raw_.cols());
    standard.setZero();
    point_at(tile.grad_context, standard.data(), standard.rows(), standard.cols());
  }
  ~GradInUnits() {
    if (units_.known()) add_standard_grad(tile_.grad_context, units_.scale(), raw_);
    point_at(tile_.grad_context, raw_.data(), raw_.rows(), raw_.cols());
  }
  GradInUnits(const GradInUnits&) = delete;
  GradInUnits& operator=(const GradInUnits&) = delete;

 private:
  const ContextUnits<Scalar>& units_;
  InUnits<Scalar> inside_;
  Tile<Scalar>& tile_;
  Matrix raw_;
};

}  // namespace detail
}  // namespace eigenflow
