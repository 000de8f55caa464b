#pragma once

#include <cstdint>

namespace picture {

/// A colour in sRGB as a PNG stores it (gamma encoded), each channel in [0, 1].
struct Rgb {
  float r = 0;
  float g = 0;
  float b = 0;
};

/// 0xRRGGBB, as style sheets write it.
constexpr Rgb hex(std::uint32_t code) {
  return {static_cast<float>(code >> 16 & 0xffU) / 255.0F, static_cast<float>(code >> 8 & 0xffU) / 255.0F,
          static_cast<float>(code & 0xffU) / 255.0F};
}

/// a for t = 0, b for t = 1. Mixed in encoded values, as in browsers and Cairo, so that text keeps its weight.
constexpr Rgb mix(Rgb a, Rgb b, float t) {
  return {a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b)};
}

/// Relative luminance (Rec. 709, linear light): 0 for black, 1 for white.
double luminance(Rgb colour);

/// A colour for an angle, with period 2π: constant lightness and chroma in OKLab (Ottosson 2020), so
/// that no direction looks more important than another. For dark panels.
Rgb angle_colour(double radians);

}  // namespace picture
