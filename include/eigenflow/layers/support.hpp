#pragma once

#include <Eigen/Core>
#include <array>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/detail/support_maps.hpp"
#include "eigenflow/layers/feature_support.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/decimal.hpp"

namespace eigenflow {

/// The map of a feature.
enum class SupportKind { real, interval, log, softplus, circle };

/// Maps features with bounds (edges) to the real line, so that the density of a flow is exact on boxes and half
/// lines, and its samples stay inside:
///
///   map         z_j = logit((x_j - low)/(high - low)) on an interval, log(x_j - low) or
///               softplus⁻¹(x_j - low) on a half line (mirrored for an upper edge), x_j without edges
///   log-det     Σ_j log|dz_j/dx_j|, without cancellation at either end
///   inverse     in closed form; strictly inside of the edges for every z, so that its density is finite
///
/// Put it first. It has no parameters. On a circle every number is valid, and samples lie in [low, high). The layers
/// that follow must know which features are circles (`circles_of`, LineOrCircle).
///
/// A point on an edge or outside has density zero: its log_det is -∞, its z is that of the nearest inner number, its
/// gradient is zero, and other rows are not affected. `fit` throws for such training rows. Data that are rounded onto
/// an edge (0 %, a count of zero) are not continuous there: widen the support by half a step of their resolution, or
/// add noise of that size.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Support {
 public:
  using Scalar = Scalar_;
  using Kind = SupportKind;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  /// One support for each feature: Support<float>{{interval(0, 1), positive(), real()}}. Throws
  /// std::invalid_argument unless low < high in this scalar type, and edges are finite.
  explicit Support(const std::vector<FeatureSupport>& features)
      : dim_(static_cast<Eigen::Index>(features.size())) {
    for (const FeatureSupport& feature : features) add(feature);
  }
  /// The same support for all features.
  Support(Dimension<Dim_> dim, const FeatureSupport& feature)
      : Support(std::vector<FeatureSupport>(static_cast<std::size_t>(Eigen::Index(dim)), feature)) {}

  /// The same from the edges and the map of each feature, without a check: they come from a Support.
  constexpr Support(List<Scalar> low, List<Scalar> high, Dependent<List<Kind>, Scalar> kinds)
      : dim_(static_cast<Eigen::Index>(kinds.size())),
        low_(std::move(low)),
        high_(std::move(high)),
        kinds_(std::move(kinds)) {}

  static constexpr const char* tag() { return "Support"; }
  constexpr Eigen::Index dim() const { return dim_; }
  /// As "2 intervals, 1 half line, 1 real".
  std::string describe() const {
    std::array<Eigen::Index, 4> counts{};
    for (const Kind kind : kinds_)
      ++counts[kind == Kind::real ? 0 : kind == Kind::interval ? 1 : kind == Kind::circle ? 3 : 2];
    std::string text;
    const auto say = [&](Eigen::Index count, const char* what) {
      if (count > 0) text += (text.empty() ? "" : ", ") + detail::counted(count, what);
    };
    say(counts[1], "interval");
    say(counts[2], "half line");
    say(counts[3], "circle");
    if (counts[0] > 0) text += (text.empty() ? "" : ", ") + std::to_string(counts[0]) + " real";
    return text;
  }
  static Kind kind_of(const FeatureSupport& f) {
    if (f.circle) return Kind::circle;
    if (has_low(f) && has_high(f)) return Kind::interval;
    if (!has_low(f) && !has_high(f)) return Kind::real;
    return f.map == HalfLineMap::log ? Kind::log : Kind::softplus;
  }
  FeatureSupport feature(Eigen::Index j) const {
    const HalfLineMap map = kind(j) == Kind::softplus ? HalfLineMap::softplus : HalfLineMap::log;
    return {static_cast<double>(low_[at(j)]), static_cast<double>(high_[at(j)]), map,
            kind(j) == Kind::circle};
  }
  std::vector<FeatureSupport> features() const {
    std::vector<FeatureSupport> all;
    for (Eigen::Index j = 0; j < dim(); ++j) all.push_back(feature(j));
    return all;
  }

  static Support example(Eigen::Index dim, Eigen::Index) {
    const FeatureSupport all[] = {interval(-8, 9), above(-7), below(6), real(),
                                  above(-9, HalfLineMap::softplus)};
    std::vector<FeatureSupport> features;
    for (Eigen::Index j = 0; j < dim; ++j) features.push_back(all[j % 5]);
    return Support(features);
  }
  const List<Scalar>& low() const { return low_; }
  const List<Scalar>& high() const { return high_; }
  const List<Kind>& kinds() const { return kinds_; }

  static constexpr auto structure() { return std::tuple(Constant{"features", &Support::features}); }
  static constexpr auto constexpr_structure() {
    return std::tuple(Constant{"low", &Support::low}, Constant{"high", &Support::high},
                      Constant{"kinds", &Support::kinds});
  }
  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }
  void initialise(std::span<Scalar>, Rng&) const {}

  /// Checks the training rows. Throws std::invalid_argument, naming the feature, if a row has no density.
  void initialise_from(std::span<Scalar>, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    if (direction == Direction::inverse) return;
    std::vector<Eigen::Index> beyond(kinds_.size(), 0);
    Eigen::Index rows = 0;
    tiles([&](const Tile<Scalar>& tile) {
      rows += tile.rows();
      for (Eigen::Index j = 0; j < dim_; ++j)
        if (kind(j) != Kind::circle)
          beyond[at(j)] +=
              (tile.values.col(j).array() <= low_[at(j)] || tile.values.col(j).array() >= high_[at(j)])
                  .count();
    });
    for (Eigen::Index j = 0; j < dim_; ++j)
      if (beyond[at(j)] > 0)
        detail::reject(
            "feature " + std::to_string(j) + " has " + std::to_string(beyond[at(j)]) + " of " +
            std::to_string(rows) + " training rows on or beyond the edges of its support, " +
            detail::decimal(low_[at(j)]) + " and " + detail::decimal(high_[at(j)]) +
            ", where the density is zero: widen the support by half a step of the data's resolution, "
            "or spread values on an edge by noise of that size. Edges are in the units that reach this "
            "layer: put Support before Standardize");
  }

  struct Tape {
    const Scalar* input;  // N × D
  };

  Tape forward(std::span<const Scalar>, Tile<Scalar>& tile) const { return evaluate<false>(tile); }
  Tape inverse(std::span<const Scalar>, Tile<Scalar>& tile) const { return evaluate<true>(tile); }
  void forward_vjp(std::span<const Scalar>, std::span<Scalar>, Tape tape, Tile<Scalar>& tile) const {
    vjp<false>(tape, tile);
  }
  void inverse_vjp(std::span<const Scalar>, std::span<Scalar>, Tape tape, Tile<Scalar>& tile) const {
    vjp<true>(tape, tile);
  }

 private:
  using Number = Lanes<Scalar>;

  static std::size_t at(Eigen::Index j) { return static_cast<std::size_t>(j); }
  Kind kind(Eigen::Index j) const { return kinds_[at(j)]; }

  // Infinite if there is no edge.
  static bool has_low(const FeatureSupport& f) {
    return !detail::same_bits(f.low, -std::numeric_limits<double>::infinity());
  }
  static bool has_high(const FeatureSupport& f) {
    return !detail::same_bits(f.high, std::numeric_limits<double>::infinity());
  }

  void add(const FeatureSupport& feature) {
    const auto low = static_cast<Scalar>(feature.low), high = static_cast<Scalar>(feature.high);
    const bool from = has_low(feature), to = has_high(feature);
    const bool edges_finite = (!from || detail::is_finite(low)) && (!to || detail::is_finite(high));
    const bool ends = !feature.circle || (from && to);
    if (!edges_finite || !ends || (from && to && (!(low < high) || !detail::is_finite(high - low))))
      detail::reject(
          "feature " + std::to_string(kinds_.size()) + " of a Support has the edges " +
          detail::decimal(feature.low) + " and " + detail::decimal(feature.high) +
          ": give finite edges with low < high in this scalar type, or real(), above(low), below(high)");
    low_.push_back(low);
    high_.push_back(high);
    kinds_.push_back(kind_of(feature));
  }

  // Calls body with the map of feature j, unless it has no edges.
  template <class Body>
  void with_map(Eigen::Index j, const Body& body) const {
    if (kind(j) == Kind::real) return;
    if (kind(j) == Kind::circle) return body(detail::CircleMap<Scalar>{low_[at(j)], high_[at(j)]});
    if (kind(j) == Kind::interval) return body(detail::IntervalMap<Scalar>{low_[at(j)], high_[at(j)]});
    const bool above = detail::is_finite(low_[at(j)]);
    const detail::HalfLine<Scalar> line{above ? low_[at(j)] : high_[at(j)], above ? Scalar(1) : Scalar(-1)};
    if (kind(j) == Kind::log)
      body(detail::LogMap<Scalar>{line});
    else
      body(detail::SoftplusMap<Scalar>{line});
  }

  static Number clamp(Number x, Number lowest, Number highest) {  // a NaN stays NaN
    return select(x < lowest, lowest, select(x > highest, highest, x));
  }

  template <bool generating>
  Tape evaluate(Tile<Scalar>& tile) const {
    typename Tile<Scalar>::Matrix kept = tile.scratch(tile.record ? dim() : 0);
    if (tile.record) kept = tile.values;
    for (Eigen::Index j = 0; j < dim(); ++j)
      with_map(j, [&](const auto& map) {
        const Number lowest(map.lowest()), highest(map.highest()), zero(0);
        Scalar* const values = tile.values.col(j).data();
        for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
          const Number in = step.load(values);
          const auto is_number = (in <= zero) | (in > zero);
          Transformed<Number> out;
          if constexpr (generating) {
            out = map.inverse(in);
            out.value = clamp(out.value, lowest, highest);
            // log_det shows a number that is not finite, for every x.
            out.log_det = select(abs(in) <= Number(std::numeric_limits<Scalar>::max()), out.log_det, in);
          } else {
            out = map.forward(clamp(in, lowest, highest));
            const auto beyond = (in < lowest) | (in > highest);
            out.log_det = select(beyond, Number(-std::numeric_limits<Scalar>::infinity()), out.log_det);
          }
          step.store(values, select(is_number, out.value, in));
          step.store(tile.log_det.data(), step.load(tile.log_det.data()) + out.log_det);
        }
      });
    return {kept.data()};
  }

  template <bool generating>
  void vjp(Tape tape, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j)
      with_map(j, [&](const auto& map) {
        const Number lowest(map.lowest()), highest(map.highest());
        Scalar* const grad = tile.grad_values.col(j).data();
        for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
          const Number in = step.load(tape.input + j * tile.rows()), g = step.load(grad),
                       l = step.load(tile.grad_log_det.data());
          if constexpr (generating) {
            step.store(grad, map.inverse_vjp(in, g, l));
          } else {
            const auto inside = (in >= lowest) & (in <= highest);
            step.store(grad, select(inside, map.forward_vjp(in, g, l), Number(0)));
          }
        }
      });
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  List<Scalar> low_, high_;
  List<Kind> kinds_;
};

/// All features on one interval, the unit interval unless given: z = logit((x - low)/(high - low)).
template <class Scalar, int Dim = Eigen::Dynamic>
class Logit : public Support<Scalar, Dim> {
 public:
  using Support<Scalar, Dim>::Support;
  Logit() requires(Dim != Eigen::Dynamic) : Logit(Dim) {}
  explicit Logit(Dimension<Dim> dim, double low = 0, double high = 1)
      : Support<Scalar, Dim>(dim, interval(low, high)) {}
};
/// From the real line to an interval.
template <class Scalar, int Dim = Eigen::Dynamic>
using Sigmoid = Inverse<Logit<Scalar, Dim>>;

/// All features above one edge, zero unless given: z = log(x - low).
template <class Scalar, int Dim = Eigen::Dynamic>
class Log : public Support<Scalar, Dim> {
 public:
  using Support<Scalar, Dim>::Support;
  Log() requires(Dim != Eigen::Dynamic) : Log(Dim) {}
  explicit Log(Dimension<Dim> dim, double low = 0) : Support<Scalar, Dim>(dim, above(low)) {}
};
/// From the real line to a half line, x = eᶻ + low.
template <class Scalar, int Dim = Eigen::Dynamic>
using Exp = Inverse<Log<Scalar, Dim>>;

/// All features above one edge, zero unless given: z = log(e^{x - low} - 1).
template <class Scalar, int Dim = Eigen::Dynamic>
class SoftplusInverse : public Support<Scalar, Dim> {
 public:
  using Support<Scalar, Dim>::Support;
  SoftplusInverse() requires(Dim != Eigen::Dynamic) : SoftplusInverse(Dim) {}
  explicit SoftplusInverse(Dimension<Dim> dim, double low = 0)
      : Support<Scalar, Dim>(dim, above(low, HalfLineMap::softplus)) {}
};
/// From the real line to a half line, x = log(1 + eᶻ) + low.
template <class Scalar, int Dim = Eigen::Dynamic>
using Softplus = Inverse<SoftplusInverse<Scalar, Dim>>;

}  // namespace eigenflow
