#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/detail/feature_statistics.hpp"
#include "eigenflow/maps/soft_bound.hpp"

namespace eigenflow {

/// The activation normalization of Glow (Kingma & Dhariwal, arXiv:1807.03039, section 3.1): a trainable scale
/// and shift per feature, initialised so that the first data comes out with mean zero and unit variance.
///
///   map         z = eˢ (x - mean)/scale + shift,   s = a/(1 + |a|/20): |s| < 20 for every theta
///   log-det     Σ (s - log scale)
///   inverse     x = e⁻ˢ scale (z - shift) + mean
///
/// Mean and scale come from the first data that `fit` gets. They are structure: saved, never trained, never set again.
/// theta is relative to them, in units of the spread of the data. So theta = 0 is the start for data of any units, and
/// a step of the optimizer has the same size for all features. A constant feature has scale 1, and so has every feature
/// of a single row.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class ActNorm {
 public:
  using Scalar = Scalar_;
  using Numbers = eigenflow::Numbers<Scalar>;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector log_scale;  ///< D: a
    typename Visitor::Vector shift;      ///< D
  };

  ActNorm() requires(Dim_ != Eigen::Dynamic) : ActNorm(Dim_) {}
  explicit ActNorm(Dimension<Dim_> dim) : dim_(dim), statistics_(dim) {}

  /// A known start. It stays: a fit replaces it only if it is not `initialised`. Throws
  /// std::invalid_argument unless both have D entries, all finite, and every scale is positive.
  constexpr ActNorm(Numbers mean, Numbers scale, bool initialised = true)
      : dim_(mean.size()), statistics_("ActNorm", std::move(mean), std::move(scale), initialised) {}

  static constexpr const char* tag() { return "ActNorm"; }
  constexpr Eigen::Index dim() const { return dim_; }
  const Numbers& mean() const { return statistics_.mean; }
  const Numbers& scale() const { return statistics_.scale; }
  /// True if mean and scale have been set.
  bool initialised() const { return statistics_.known; }

  static ActNorm example(Eigen::Index dim, Eigen::Index) {
    return {VectorX<Scalar>::LinSpaced(dim, Scalar(-1), Scalar(2)).eval(),
            VectorX<Scalar>::LinSpaced(dim, Scalar(0.5), Scalar(3)).eval()};
  }
  static constexpr auto structure() {
    return std::tuple(Constant{"mean", &ActNorm::mean}, Constant{"scale", &ActNorm::scale},
                      Constant{"initialised", &ActNorm::initialised});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("log_scale", self.dim()), visit.vector("shift", self.dim())};
  }

  void initialise(std::span<Scalar> theta, Rng&) const { std::fill(theta.begin(), theta.end(), Scalar(0)); }

  /// Sets mean and scale from the data that enters `direction`, unless they are set.
  void initialise_from(std::span<Scalar>, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    statistics_.take(tiles, direction);
  }

  struct Tape {
    const Scalar* scaled;  // N × D: z - shift, or x - mean
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<false>(theta, tile);
  }
  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<true>(theta, tile);
  }
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   Tile<Scalar>& tile) const {
    vjp<false>(theta, grad, tape, tile);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   Tile<Scalar>& tile) const {
    vjp<true>(theta, grad, tape, tile);
  }

 private:
  using Number = Lanes<Scalar>;
  using LogScale = SoftBound<20>;

  // The factor from the input of a direction to its output.
  template <bool generating>
  Scalar stretch(Eigen::Index j, Scalar s) const {
    return generating ? std::exp(-s) * scale()[j] : std::exp(s) / scale()[j];
  }

  template <bool generating>
  Tape evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    typename Tile<Scalar>::Matrix kept = tile.scratch(tile.record ? dim() : 0);
    Scalar log_det = -statistics_.log_scale();
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Scalar s = LogScale{}(p.log_scale[j]).value;
      log_det += s;
      const Number factor(stretch<generating>(j, s)), from(generating ? p.shift[j] : mean()[j]),
          to(generating ? mean()[j] : p.shift[j]);
      Scalar* const x = tile.values.col(j).data();
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Number centred = step.load(x) - from;
        step.store(x, fma(centred, factor, to));
        if (tile.record) step.store(kept.col(j).data(), centred * factor);
      }
    }
    tile.log_det.array() += generating ? -log_det : log_det;
    return {kept.data()};
  }

  template <bool generating>
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape, Tile<Scalar>& tile) const {
    const auto p = view_parameters(*this, theta);
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const auto s = LogScale{}(p.log_scale[j]);
      const Number factor(stretch<generating>(j, s.value));
      Number sum_scale(0), sum_shift(0);
      Scalar* const g = tile.grad_values.col(j).data();
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Number from = step.load(g), pulled = from * factor;
        sum_scale += fma(from, step.load(tape.scaled + j * tile.rows()), step.load(tile.grad_log_det.data()));
        sum_shift += generating ? pulled : from;
        step.store(g, pulled);
      }
      if (grad.empty()) continue;
      auto out = view_parameters(*this, grad);
      out.log_scale[j] += reduce_add(sum_scale * Number(generating ? -s.slope : s.slope));
      out.shift[j] += reduce_add(generating ? -sum_shift : sum_shift);
    }
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  detail::FeatureStatistics<Scalar> statistics_;
};

}  // namespace eigenflow
