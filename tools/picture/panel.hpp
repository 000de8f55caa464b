#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "canvas.hpp"
#include "geometry.hpp"
#include "theme.hpp"

namespace picture {

/// A density to draw: points (N × 2) to values (N). examples/helpers/output.hpp makes one of a flow.
using Density = std::function<Eigen::VectorXd(const Eigen::MatrixX2d&)>;

/// How values become colours: colour_map((value / brightest)^gamma). Values above `brightest` are clipped to
/// the map's last colour. By default it is the level that only the top 2 % of the drawn mass
/// exceed, so that one spike does not darken the rest. gamma < 1 lifts the tails (0.5 shows 1 % of the top at
/// 10 % of the map). NaN is drawn in grey, to differ from zero.
struct Shade {
  std::optional<double> brightest = std::nullopt;  // in the units of the values
  double gamma = 0.6;
  std::optional<ColourMap> map = std::nullopt;  // default: the map of the theme
};

struct Dots {
  double radius = 1;  // logical pixels
  double alpha = 0.6;
  std::optional<Rgb> colour = std::nullopt;  // default: the point colour of the theme
  double rim = 0;  // a ring in the panel's colour, so that dots are visible on any density
};

struct AxisLabels {
  std::string x = {};
  std::string y = {};
  int ticks = 6;                   // maximum on each axis
  bool below = true, left = true;  // which of the two axes
  double overhang = 1e9;           // how far numbers may reach beyond the ends of the frame
  double name_distance = 0;        // of the y name from the frame; 0: just beyond the numbers
};

struct View {
  Range x{-4, 4};
  Range y{-4, 4};
  bool equal_aspect = true;  // widen the shorter range so that one unit measures the same along x and y
};

enum class Corner { top_left, top_right, bottom_left, bottom_right };

/// A rectangle of a canvas with data coordinates. It holds a pointer to the canvas, so do not keep it. Every
/// call draws over the earlier ones, inside of the frame (axes are outside).
class Panel {
 public:
  /// Paints the background. `frame` is moved to whole device pixels. Throws std::invalid_argument if a
  /// range is empty or not finite.
  Panel(Canvas& canvas, const Rect& frame, const View& view, const Theme& theme);

  const Rect& frame() const { return frame_; }
  Range x_range() const { return x_; }
  Range y_range() const { return y_; }
  /// The position of a data point on the canvas, logical pixels.
  Point place(double x, double y) const;

  /// The density at the centre of every device pixel; `supersample` > 1 averages that many squared inside
  /// each. The grid has row 0 at the top, as grid.hpp says. Throws std::invalid_argument if the density
  /// does not return one value per point.
  Eigen::MatrixXd evaluate(const Density& density, int supersample = 1) const;

  /// Draws a density and returns the level that got the brightest colour: pass it to a second panel as
  /// Shade::brightest to make the two comparable.
  double heatmap(const Density& density, const Shade& shade = {}, int supersample = 1);
  /// The same for values on a grid that spans the panel; each value fills its cell.
  double heatmap(const Eigen::MatrixXd& values, const Shade& shade = {});

  /// Samples (N × 2) as the density of a histogram with one cell per device pixel, blurred by `softness` logical
  /// pixels: many thousands of samples without overlapping dots. Returns the brightest level.
  double histogram(const Eigen::MatrixX2d& samples, const Shade& shade = {}, double softness = 0.6);

  /// Samples as dots; those outside the view are not drawn. Colours one per row, or one for all.
  void scatter(const Eigen::MatrixX2d& samples, const Dots& dots = {});
  void scatter(const Eigen::MatrixX2d& samples, std::span<const Rgb> colours, const Dots& dots = {});

  /// Contour lines of a grid that spans the panel (evaluate() gives one), one stroke for every level;
  /// level_enclosing() gives levels that mean something.
  void contour(const Eigen::MatrixXd& values, std::span<const double> levels, const Stroke& stroke = {});
  /// A line through the points (x_i, y_i). Throws std::invalid_argument if the lengths differ.
  void line(const Eigen::VectorXd& x, const Eigen::VectorXd& y, const Stroke& stroke = {});

  /// Small text inside a corner, readable on the panel: a result next to its picture.
  void note(std::string_view text, Corner corner = Corner::bottom_left);
  /// Ticks, numbers and labels below and left of the frame; takes about 40 pixels there, and more at the left if the
  /// numbers are long (see axes.hpp). Names that are longer than the frame are shortened.
  void axes(const AxisLabels& labels = {});

 private:
  Canvas* canvas_;
  Rect frame_;
  Range x_;
  Range y_;
  Theme theme_;
};

}  // namespace picture
