#include "panel.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "axes.hpp"
#include "grid.hpp"

namespace picture {
namespace {

constexpr Rgb hole = hex(0x808080);

void check(Range range, const char* axis) {
  if (std::isfinite(range.low) && std::isfinite(range.high) && range.low < range.high) return;
  throw std::invalid_argument(std::string("a panel needs a finite ") + axis +
                              " range with low < high, not [" + std::to_string(range.low) + ", " +
                              std::to_string(range.high) + "]: swap or widen it");
}

Rect to_whole_pixels(const Rect& rect, int scale) {
  const auto snap = [scale](double v) { return std::round(v * scale) / scale; };
  const double x = snap(rect.x);
  const double y = snap(rect.y);
  return {x, y, std::max(snap(rect.right()) - x, 1.0 / scale),
          std::max(snap(rect.bottom()) - y, 1.0 / scale)};
}

Range widened(Range range, double length) {
  const double middle = (range.low + range.high) / 2;
  return {middle - length / 2, middle + length / 2};
}

}  // namespace

Panel::Panel(Canvas& canvas, const Rect& frame, const View& view, const Theme& theme)
    : canvas_(&canvas),
      frame_(to_whole_pixels(frame, canvas.scale())),
      x_(view.x),
      y_(view.y),
      theme_(theme) {
  check(x_, "x");
  check(y_, "y");
  if (view.equal_aspect) {
    const double unit = std::max(x_.length() / frame_.width, y_.length() / frame_.height);
    x_ = widened(x_, unit * frame_.width);
    y_ = widened(y_, unit * frame_.height);
  }
  canvas_->fill(frame_, theme_.panel);
  const double edge = 1.0 / canvas_->scale();
  canvas_->outline({frame_.x - edge, frame_.y - edge, frame_.width + 2 * edge, frame_.height + 2 * edge},
                   {.colour = theme_.frame, .width = edge});
}

Point Panel::place(double x, double y) const {
  return {frame_.x + (x - x_.low) / x_.length() * frame_.width,
          frame_.y + (y_.high - y) / y_.length() * frame_.height};
}

Eigen::MatrixXd Panel::evaluate(const Density& density, int supersample) const {
  const Eigen::Index factor = std::max(supersample, 1);
  const Eigen::Index rows = std::lround(frame_.height * canvas_->scale());
  const Eigen::Index columns = std::lround(frame_.width * canvas_->scale());
  const Eigen::MatrixX2d points = cell_centres(x_, y_, rows * factor, columns * factor);
  const Eigen::VectorXd values = density(points);
  if (values.size() != points.rows()) {
    throw std::invalid_argument("the density returned " + std::to_string(values.size()) + " values for " +
                                std::to_string(points.rows()) + " points: return one a row");
  }
  Eigen::MatrixXd grid = Eigen::MatrixXd::Zero(rows, columns);
  const double share = 1.0 / static_cast<double>(factor * factor);
  for (Eigen::Index k = 0; k < values.size(); ++k) {
    grid(k / (columns * factor) / factor, k % (columns * factor) / factor) += share * values(k);
  }
  return grid;
}

double Panel::heatmap(const Density& density, const Shade& shade, int supersample) {
  return heatmap(evaluate(density, supersample), shade);
}

double Panel::heatmap(const Eigen::MatrixXd& values, const Shade& shade) {
  const double brightest = shade.brightest.value_or(level_enclosing(values, 0.02));
  const ColourMap map = shade.map.value_or(theme_.map);
  const int left = static_cast<int>(std::lround(frame_.x * canvas_->scale()));
  const int top = static_cast<int>(std::lround(frame_.y * canvas_->scale()));
  const Eigen::Index columns = std::lround(frame_.width * canvas_->scale());
  const Eigen::Index rows = std::lround(frame_.height * canvas_->scale());
  if (values.size() == 0) return brightest;
  for (Eigen::Index row = 0; row < rows; ++row) {
    for (Eigen::Index column = 0; column < columns; ++column) {
      const double value = values(row * values.rows() / rows, column * values.cols() / columns);
      const double share = brightest > 0 ? std::clamp(value / brightest, 0.0, 1.0) : 0.0;
      const Rgb colour = std::isnan(value) ? hole : map(std::pow(share, shade.gamma));
      canvas_->blend(left + static_cast<int>(column), top + static_cast<int>(row), colour);
    }
  }
  return brightest;
}

double Panel::histogram(const Eigen::MatrixX2d& samples, const Shade& shade, double softness) {
  const Eigen::Index columns = std::lround(frame_.width * canvas_->scale());
  const Eigen::Index rows = std::lround(frame_.height * canvas_->scale());
  const Eigen::MatrixXd counts = picture::histogram(samples, x_, y_, rows, columns);
  return heatmap(blur(counts, softness * canvas_->scale()), shade);
}

void Panel::scatter(const Eigen::MatrixX2d& samples, const Dots& dots) {
  const Rgb colour = dots.colour.value_or(theme_.point);
  const std::vector<Rgb> colours(static_cast<std::size_t>(samples.rows()), colour);
  scatter(samples, colours, dots);
}

void Panel::scatter(const Eigen::MatrixX2d& samples, std::span<const Rgb> colours, const Dots& dots) {
  if (colours.size() != static_cast<std::size_t>(samples.rows())) {
    throw std::invalid_argument("scatter got " + std::to_string(colours.size()) + " colours for " +
                                std::to_string(samples.rows()) + " samples: give one a row");
  }
  canvas_->clip(frame_);
  for (Eigen::Index i = 0; i < samples.rows(); ++i) {
    const Point at = place(samples(i, 0), samples(i, 1));
    if (dots.rim > 0) canvas_->disc(at, dots.radius + dots.rim, theme_.panel, dots.alpha);
    canvas_->disc(at, dots.radius, colours[static_cast<std::size_t>(i)], dots.alpha);
  }
  canvas_->unclip();
}

void Panel::contour(const Eigen::MatrixXd& values, std::span<const double> levels, const Stroke& stroke) {
  const double cell_width = frame_.width / static_cast<double>(values.cols());
  const double cell_height = frame_.height / static_cast<double>(values.rows());
  const auto on_canvas = [&](Point cell) {
    return Point{frame_.x + (cell.x + 0.5) * cell_width, frame_.y + (cell.y + 0.5) * cell_height};
  };
  std::vector<Segment> segments;
  for (const double level : levels) {
    for (const Segment& s : contour_lines(values, level))
      segments.push_back({on_canvas(s.from), on_canvas(s.to)});
  }
  canvas_->clip(frame_);
  canvas_->strokes(segments, stroke);
  canvas_->unclip();
}

void Panel::line(const Eigen::VectorXd& x, const Eigen::VectorXd& y, const Stroke& stroke) {
  if (x.size() != y.size()) {
    throw std::invalid_argument("line got " + std::to_string(x.size()) + " x and " +
                                std::to_string(y.size()) + " y values: give as many of each");
  }
  std::vector<Point> points;
  for (Eigen::Index i = 0; i < x.size(); ++i) points.push_back(place(x(i), y(i)));
  canvas_->clip(frame_);
  canvas_->polyline(points, stroke);
  canvas_->unclip();
}

void Panel::note(std::string_view text, Corner corner) {
  const bool left = corner == Corner::top_left || corner == Corner::bottom_left;
  const bool top = corner == Corner::top_left || corner == Corner::top_right;
  constexpr double size = 8.5;
  constexpr double inset = 4;    // from the frame to the plate
  constexpr double padding = 3;  // from the plate to the letters
  const TextMask mask = draw_text(text, size * canvas_->scale());
  if (mask.coverage.empty()) return;
  const double width = mask.advance / canvas_->scale() + 2 * padding;
  const double height = mask.cap_height / canvas_->scale() + 2 * padding;
  const double x = left ? frame_.x + inset : frame_.right() - inset - width;
  const double y = top ? frame_.y + inset : frame_.bottom() - inset - height;
  // The plate dims a bright density under the letters. It is invisible on an empty panel.
  canvas_->fill({x, y, width, height}, theme_.panel, 0.6);
  const Rgb ink = luminance(theme_.panel) < 0.2 ? hex(0xffffff) : theme_.ink;
  canvas_->text(text, {x + padding, y + height - padding},
                {.size = size, .colour = ink, .align = Align::left, .alpha = 0.9});
}

void Panel::axes(const AxisLabels& labels) {
  const Stroke stroke{.colour = theme_.quiet, .width = 0.75};
  const TextStyle number{
      .size = number_size, .colour = theme_.quiet, .align = Align::right, .stand = Stand::middle};
  const TextStyle name{.size = name_size, .colour = theme_.ink, .stand = Stand::top};
  if (labels.below) {
    const Axis axis{Along::x, x_, frame_.width, labels.overhang};
    for (const Tick& tick : ticks_along(axis, labels.ticks)) {
      const Point at = {place(tick.value, y_.low).x, frame_.bottom() + 1};
      canvas_->fill({at.x - stroke.width / 2, at.y, stroke.width, tick_reach}, stroke.colour);
      canvas_->text(tick.label, {frame_.x + axis.label_position(tick), at.y + tick_reach + 4},
                    {.size = number.size, .colour = number.colour, .stand = Stand::top});
    }
    canvas_->text(shortened(labels.x, name.size, frame_.width), {frame_.centre().x, frame_.bottom() + 25},
                  name);
  }
  if (labels.left) {
    const Axis axis{Along::y, y_, frame_.height, labels.overhang};
    const std::vector<Tick> ticks = ticks_along(axis, labels.ticks);
    for (const Tick& tick : ticks) {
      const Point at = {frame_.x - 1, place(x_.low, tick.value).y};
      canvas_->fill({at.x - tick_reach, at.y - stroke.width / 2, tick_reach, stroke.width}, stroke.colour);
      canvas_->text(tick.label, {at.x - tick_reach - 4, frame_.bottom() - axis.label_position(tick)}, number);
    }
    const double distance = labels.name_distance > 0 ? labels.name_distance : name_distance(ticks);
    canvas_->text(
        shortened(labels.y, name.size, frame_.height), {frame_.x - distance, frame_.centre().y},
        {.size = name.size, .colour = name.colour, .stand = Stand::baseline, .turn = Turn::quarter_left});
  }
}

}  // namespace picture
