#include "colour.hpp"

#include <algorithm>
#include <cmath>

namespace picture {
namespace {

double decode(double channel) {
  return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

float encode(double linear) {
  const double c = std::clamp(linear, 0.0, 1.0);
  return static_cast<float>(c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055);
}

double cube(double v) {
  return v * v * v;
}

}  // namespace

double luminance(Rgb colour) {
  return 0.2126 * decode(colour.r) + 0.7152 * decode(colour.g) + 0.0722 * decode(colour.b);
}

Rgb angle_colour(double radians) {
  constexpr double lightness = 0.77;
  constexpr double chroma = 0.125;  // about the most that sRGB holds at this lightness for every hue
  const double a = chroma * std::cos(radians);
  const double b = chroma * std::sin(radians);
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

}  // namespace picture
