#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "geometry.hpp"
#include "ticks.hpp"

// The texts of axes, measured so that none touches another. Sizes in logical pixels.

namespace picture {

inline constexpr double number_size = 9.5, name_size = 10.5;  // ems
inline constexpr double tick_reach = 4;                       // length of a tick

/// The width of a text with an em of `size`.
double text_width(std::string_view text, double size);

/// The text, without its middle if it is wider than `width`: "temper…ture".
std::string shortened(std::string_view text, double size, double width);

enum class Along { x, y };

/// An axis of `length` pixels. Its labels reach at most `overhang` pixels beyond its ends.
struct Axis {
  Along along = Along::x;
  Range range = {};
  double length = 0, overhang = 1e9;

  /// The middle of a label, in pixels from the lower end: that of the tick, moved inwards where the label would reach
  /// too far.
  double label_position(const Tick& tick) const;
};

/// Round numbers along an axis: at most so many, and fewer or shorter ones where the labels would touch.
std::vector<Tick> ticks_along(const Axis& axis, int at_most);

/// The distance of the name of a y axis (its baseline) from the frame, beyond the numbers of these ticks.
double name_distance(const std::vector<Tick>& ticks);

}  // namespace picture
