#pragma once

#include <cstdint>
#include <span>

#include "colour.hpp"

namespace picture {

/// A sequence of colours for the numbers from 0 to 1. A small value: copy it freely.
class ColourMap {
 public:
  /// Equally spaced anchors, 0xRRGGBB each, at least two; the table must outlive the map.
  explicit constexpr ColourMap(std::span<const std::uint32_t> anchors) : anchors_(anchors) {}

  /// The colour of t; below 0, above 1 and NaN go to the nearest end (NaN to the first).
  Rgb operator()(double t) const;

 private:
  std::span<const std::uint32_t> anchors_;
};

/// Black, violet, orange, cream: the map of the densities here. Luminance rises evenly, also in print and for
/// colour-blind readers. Magma, inferno and viridis are by van der Walt, Smith and Firing (matplotlib, CC0).
ColourMap magma();
/// Black, purple, orange, yellow: magma with more contrast at the top.
ColourMap inferno();
/// Violet, green, yellow: never black, for panels beside text.
ColourMap viridis();
/// White to dark blue for light panels: ColorBrewer's Blues (Brewer, Harrower), starting from pure white.
ColourMap blues();

}  // namespace picture
