#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "colour.hpp"
#include "geometry.hpp"
#include "text.hpp"

namespace picture {

enum class Align { left, centre, right };
enum class Stand {
  top,
  middle,
  baseline
};  // which height of the text the point marks; top and middle of a capital
enum class Turn { none, quarter_left };  // quarter_left reads from the bottom up

struct TextStyle {
  double size = 10;  // em, logical pixels
  Rgb colour = hex(0x23202e);
  Weight weight = Weight::regular;
  Align align = Align::centre;
  Stand stand = Stand::baseline;
  Turn turn = Turn::none;
  double alpha = 1;
};

struct Stroke {
  Rgb colour = hex(0x23202e);
  double width = 1;
  double alpha = 1;
};

/// An RGB image drawn with anti-aliased shapes. Shapes are measured in logical pixels; `scale` device pixels go into
/// each, so that pictures are sharp on dense screens. Shapes are clipped to the canvas and to the clip.
class Canvas {
 public:
  /// Throws std::invalid_argument unless all three are positive.
  Canvas(int width, int height, Rgb background = hex(0xffffff), int scale = 2);

  int scale() const { return scale_; }
  int device_width() const { return device_width_; }
  int device_height() const { return device_height_; }
  /// Device pixel, from the top left.
  Rgb pixel(int column, int row) const { return pixels_[index(column, row)]; }
  /// Blends a colour over one device pixel.
  void blend(int column, int row, Rgb colour, double alpha = 1);

  void fill(const Rect& rect, Rgb colour, double alpha = 1);
  void disc(Point centre, double radius, Rgb colour, double alpha = 1);
  /// All segments as one shape with round ends: where they meet or cross, alpha is not applied twice.
  void strokes(std::span<const Segment> segments, const Stroke& stroke);
  void polyline(std::span<const Point> points, const Stroke& stroke);
  void outline(const Rect& rect, const Stroke& stroke);
  void text(std::string_view text, Point anchor, const TextStyle& style = {});

  /// Clips drawing to `rect` until unclip().
  void clip(const Rect& rect);
  void unclip();

  /// Writes the image as PNG under a temporary name beside `path`, then renames it: a reader never gets half
  /// a picture. Missing folders are made. Throws std::runtime_error naming the path and the reason.
  void write_png(const std::filesystem::path& path) const;

 private:
  struct Box {  // device pixels, upper ends excluded
    int left, top, right, bottom;
  };
  std::size_t index(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(device_width_) +
           static_cast<std::size_t>(column);
  }
  Box covered(double left, double top, double right, double bottom) const;

  int scale_;
  int device_width_;
  int device_height_;
  Box clip_;
  std::vector<Rgb> pixels_;
};

}  // namespace picture
