#include "canvas.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

namespace picture {
namespace {

int checked_scale(int width, int height, int scale) {
  if (width > 0 && height > 0 && scale > 0) return scale;
  throw std::invalid_argument("a canvas needs a positive width, height and scale, not " +
                              std::to_string(width) + " x " + std::to_string(height) + " at scale " +
                              std::to_string(scale) + ": give each at least 1");
}

double squared_distance(double x, double y, const Segment& s) {
  const double dx = s.to.x - s.from.x;
  const double dy = s.to.y - s.from.y;
  const double length2 = dx * dx + dy * dy;
  const double along = length2 > 0 ? ((x - s.from.x) * dx + (y - s.from.y) * dy) / length2 : 0.0;
  const double t = std::clamp(along, 0.0, 1.0);
  const double ex = x - s.from.x - t * dx;
  const double ey = y - s.from.y - t * dy;
  return ex * ex + ey * ey;
}

}  // namespace

Canvas::Canvas(int width, int height, Rgb background, int scale)
    : scale_(checked_scale(width, height, scale)),
      device_width_(width * scale),
      device_height_(height * scale),
      clip_{0, 0, device_width_, device_height_},
      pixels_(static_cast<std::size_t>(device_width_) * static_cast<std::size_t>(device_height_),
              background) {}

// The device pixels that a box in device units touches, inside the clip.
Canvas::Box Canvas::covered(double left, double top, double right, double bottom) const {
  const auto floor_in = [](double v, int low, int high) {
    return static_cast<int>(std::floor(std::clamp(v, static_cast<double>(low), static_cast<double>(high))));
  };
  return {floor_in(left, clip_.left, clip_.right), floor_in(top, clip_.top, clip_.bottom),
          floor_in(std::ceil(right), clip_.left, clip_.right),
          floor_in(std::ceil(bottom), clip_.top, clip_.bottom)};
}

void Canvas::blend(int column, int row, Rgb colour, double alpha) {
  if (column < clip_.left || row < clip_.top || column >= clip_.right || row >= clip_.bottom) return;
  Rgb& pixel = pixels_[index(column, row)];
  pixel = mix(pixel, colour, static_cast<float>(std::clamp(alpha, 0.0, 1.0)));
}

void Canvas::fill(const Rect& rect, Rgb colour, double alpha) {
  const double left = rect.x * scale_;
  const double top = rect.y * scale_;
  const double right = rect.right() * scale_;
  const double bottom = rect.bottom() * scale_;
  const Box box = covered(left, top, right, bottom);
  for (int row = box.top; row < box.bottom; ++row) {
    const double tall = std::min(bottom, row + 1.0) - std::max<double>(top, row);
    for (int column = box.left; column < box.right; ++column) {
      const double wide = std::min(right, column + 1.0) - std::max<double>(left, column);
      blend(column, row, colour, alpha * wide * tall);
    }
  }
}

void Canvas::disc(Point centre, double radius, Rgb colour, double alpha) {
  const double x = centre.x * scale_;
  const double y = centre.y * scale_;
  const double r = radius * scale_;
  if (!(std::isfinite(x) && std::isfinite(y))) return;
  const Box box = covered(x - r - 1, y - r - 1, x + r + 1, y + r + 1);
  for (int row = box.top; row < box.bottom; ++row) {
    for (int column = box.left; column < box.right; ++column) {
      const double distance = std::hypot(column + 0.5 - x, row + 0.5 - y);
      blend(column, row, colour, alpha * std::clamp(r + 0.5 - distance, 0.0, 1.0));
    }
  }
}

void Canvas::strokes(std::span<const Segment> segments, const Stroke& stroke) {
  const double half = stroke.width * scale_ / 2;
  const double reach = half + 1;
  const std::size_t columns = static_cast<std::size_t>(clip_.right - clip_.left);
  const std::size_t rows = static_cast<std::size_t>(clip_.bottom - clip_.top);
  std::vector<float> coverage(columns * rows, 0.0F);
  for (const Segment& logical : segments) {
    const Segment s{{logical.from.x * scale_, logical.from.y * scale_},
                    {logical.to.x * scale_, logical.to.y * scale_}};
    if (!(std::isfinite(s.from.x + s.to.x) && std::isfinite(s.from.y + s.to.y))) continue;
    const Box box = covered(std::min(s.from.x, s.to.x) - reach, std::min(s.from.y, s.to.y) - reach,
                            std::max(s.from.x, s.to.x) + reach, std::max(s.from.y, s.to.y) + reach);
    for (int row = box.top; row < box.bottom; ++row) {
      for (int column = box.left; column < box.right; ++column) {
        const double distance = std::sqrt(squared_distance(column + 0.5, row + 0.5, s));
        // A line thinner than a pixel covers at most its width of any pixel.
        const double covers = std::clamp(half + 0.5 - distance, 0.0, std::min(1.0, 2 * half));
        float& pixel = coverage[static_cast<std::size_t>(row - clip_.top) * columns +
                                static_cast<std::size_t>(column - clip_.left)];
        pixel = std::max(pixel, static_cast<float>(covers));
      }
    }
  }
  for (std::size_t k = 0; k < coverage.size(); ++k) {
    if (coverage[k] == 0.0F) continue;
    blend(clip_.left + static_cast<int>(k % columns), clip_.top + static_cast<int>(k / columns),
          stroke.colour, stroke.alpha * static_cast<double>(coverage[k]));
  }
}

void Canvas::polyline(std::span<const Point> points, const Stroke& stroke) {
  std::vector<Segment> segments;
  for (std::size_t i = 1; i < points.size(); ++i) segments.push_back({points[i - 1], points[i]});
  strokes(segments, stroke);
}

void Canvas::outline(const Rect& rect, const Stroke& stroke) {
  const double w = stroke.width;
  fill({rect.x, rect.y, rect.width, w}, stroke.colour, stroke.alpha);
  fill({rect.x, rect.bottom() - w, rect.width, w}, stroke.colour, stroke.alpha);
  fill({rect.x, rect.y + w, w, rect.height - 2 * w}, stroke.colour, stroke.alpha);
  fill({rect.right() - w, rect.y + w, w, rect.height - 2 * w}, stroke.colour, stroke.alpha);
}

void Canvas::text(std::string_view text, Point anchor, const TextStyle& style) {
  const TextMask mask = draw_text(text, style.size * scale_, style.weight);
  const double share = style.align == Align::left ? 0.0 : style.align == Align::centre ? 0.5 : 1.0;
  const double drop = style.stand == Stand::baseline ? 0.0 : style.stand == Stand::middle ? 0.5 : 1.0;
  // The mask's own pixel (left, baseline) lands on a whole
  // device pixel, so that stems and baselines stay sharp.
  const int along = -static_cast<int>(std::lround(share * mask.advance)) - mask.left;
  const int across = static_cast<int>(std::lround(drop * mask.cap_height)) - mask.baseline;
  const int x = static_cast<int>(std::lround(anchor.x * scale_));
  const int y = static_cast<int>(std::lround(anchor.y * scale_));
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      const double covers = style.alpha * static_cast<double>(mask.at(column, row));
      if (style.turn == Turn::none) {
        blend(x + along + column, y + across + row, style.colour, covers);
      } else {
        blend(x + across + row, y - along - column - 1, style.colour, covers);
      }
    }
  }
}

void Canvas::clip(const Rect& rect) {
  unclip();
  clip_ = covered(rect.x * scale_, rect.y * scale_, rect.right() * scale_, rect.bottom() * scale_);
}

void Canvas::unclip() {
  clip_ = {0, 0, device_width_, device_height_};
}

}  // namespace picture
