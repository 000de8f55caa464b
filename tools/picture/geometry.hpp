#pragma once

// Points, rectangles and segments. On a canvas: logical pixels, x to the right, y down from the top left.

namespace picture {

struct Point {
  double x = 0;
  double y = 0;
};

struct Segment {
  Point from;
  Point to;
};

struct Rect {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point centre() const { return {x + width / 2, y + height / 2}; }
};

/// An interval of one axis, in the units of the data.
struct Range {
  double low = 0;
  double high = 1;

  double length() const { return high - low; }
};

}  // namespace picture
