#pragma once

#include <Eigen/Core>
#include <string>
#include <tuple>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The shape of a rational-quadratic spline.
struct SplineOptions {
  Eigen::Index bins = 8;
  double bound = 3;         ///< the spline is curved on [-bound, bound]
  double min_size = 1e-3;   ///< least width and height of a bin, as a fraction of 2 bound
  double min_slope = 1e-3;  ///< least slope at a knot; the largest is its inverse
  bool rotate = false;      ///< only for periodic splines: add a learned rotation
  double size_bound = 0;    ///< if positive, a soft bound of the free sizes; min_size may then be 0

  static constexpr auto structure() {
    return std::tuple(
        Option{"bins", &SplineOptions::bins}, Option{"bound", &SplineOptions::bound},
        Option{"min_size", &SplineOptions::min_size}, Option{"min_slope", &SplineOptions::min_slope},
        Option{"rotate", &SplineOptions::rotate}, Option{"size_bound", &SplineOptions::size_bound});
  }
};

/// A spline outside of [-bound, bound]: the identity, or periodic with the period 2 bound.
enum class SplineTails { linear, periodic };

namespace detail {

/// Returns the options. Throws std::invalid_argument if they are invalid.
constexpr const SplineOptions& checked(const SplineOptions& o, SplineTails tails) {
  if (o.bins < 2) reject("a spline needs two bins or more, but got " + std::to_string(o.bins));
  if (o.bins > largest_count / 8)
    reject("a spline of " + std::to_string(o.bins) + " bins has more parameters than any memory holds");
  if (!(o.bound > 0 && o.bound < 1e30))
    reject("a spline needs a positive, finite bound, but got " + decimal(o.bound));
  if (!(o.size_bound >= 0 && o.size_bound <= 8))
    reject("a spline needs a size_bound above 0 and at most 8, or 0 for no bound, but got " +
           decimal(o.size_bound));
  const bool least = o.min_size > 0 || (o.min_size == 0 && o.size_bound > 0);
  if (!least || !(o.min_size * static_cast<double>(o.bins) < 1))
    reject("a spline of " + std::to_string(o.bins) +
           " bins needs a min_size above 0 (or 0 with a size_bound) and below 1/bins, but got " +
           decimal(o.min_size));
  if (!(o.min_slope > 0 && o.min_slope < 1))
    reject("a spline needs a min_slope above 0 and below 1, but got " + decimal(o.min_slope));
  if (o.rotate && tails != SplineTails::periodic)
    reject("only a periodic spline rotates: leave .rotate out or choose SplineTails::periodic");
  return o;
}

}  // namespace detail
}  // namespace eigenflow
