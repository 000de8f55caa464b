#include "figure_corner.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "figure_parts.hpp"

namespace command {
namespace {

using picture::Rect;

// Where the panels are. All distances in logical pixels.
struct Layout {
  static constexpr double gap = 8, margin = 14, top = 74, below = 40;
  static constexpr double overhang =
      gap / 2 - 1;  // of the numbers of an axis, so that those of two panels never touch

  int dim;
  double side;
  std::vector<picture::Range> ranges;
  double name_distance = 0;  // of the names at the left, one line for all panels
  double left;

  explicit Layout(const Figure& figure)
      : dim(static_cast<int>(figure.names.size())), side(std::clamp(900.0 / dim, 84.0, 190.0)) {
    for (int j = 0; j < dim; ++j) ranges.push_back(range_of(figure, j));
    for (int row = 1; row < dim; ++row)
      name_distance = std::max(name_distance, picture::name_distance(picture::ticks_along(
                                                  {picture::Along::y, range(row), side, overhang}, ticks())));
    left = margin + 12 + name_distance;
  }

  picture::Range range(int j) const { return ranges[static_cast<std::size_t>(j)]; }
  int ticks() const { return side > 120 ? 5 : 4; }
  Rect frame(int row, int column) const {
    return {left + column * (side + gap), top + row * (side + gap), side, side};
  }
  double width() const { return frame(0, dim - 1).right() + margin; }
  double height() const { return frame(dim - 1, 0).bottom() + below + margin; }
};

// In the empty half above the panels: what is data and what is the model, and what the shades mean.
void draw_legend(picture::Canvas& canvas, const Layout& layout, const Figure& figure,
                 const picture::Theme& theme) {
  const double x = layout.frame(0, 1).x + 12;
  double y = layout.top + 8;
  constexpr double line = 17;
  if (figure.data.rows() > 0) {
    Legend(canvas, theme, {x, y}).bar(data_colour, "").dot(ink, {}, "data");
    y += line;
  }
  Legend(canvas, theme, {x, y}).line(model_colour, "model");
  y += line + 4;
  const Rect bar{x, y, 110, 9};
  draw_colours(canvas, bar, theme, picture::Along::x);
  const picture::TextStyle number{
      .size = picture::number_size, .colour = theme.quiet, .stand = picture::Stand::top};
  canvas.text("0", {bar.x + 3, bar.bottom() + 5}, number);
  const double half = picture::text_width("highest", number.size) / 2;
  canvas.text("highest", {bar.right() - half, bar.bottom() + 5}, number);
  canvas.text("density of the model in a panel", {bar.x, bar.bottom() + 21},
              {.size = picture::number_size,
               .colour = theme.ink,
               .align = picture::Align::left,
               .stand = picture::Stand::top});
}

void draw_pair(picture::Canvas& canvas, const Layout& layout, const Figure& figure, int row, int column,
               const picture::Theme& theme, const picture::AxisLabels& labels) {
  picture::Panel panel(canvas, layout.frame(row, column),
                       {.x = layout.range(column), .y = layout.range(row), .equal_aspect = false}, theme);
  Eigen::MatrixX2d samples(figure.samples.rows(), 2);
  samples << figure.samples.col(column), figure.samples.col(row);
  panel.histogram(samples, {}, 1.5);
  const bool few = few_rows(figure);
  panel.scatter(some_rows(figure.data, column, row, 2000),
                {.radius = few ? 0.9 : 0.6, .alpha = few ? 0.8 : 0.4, .colour = ink});
  panel.axes(labels);
}

}  // namespace

void draw_corner(const Figure& figure, const std::filesystem::path& path) {
  const Layout layout(figure);
  const picture::Theme theme = picture::light_panels();
  picture::Canvas canvas(static_cast<int>(std::ceil(layout.width())),
                         static_cast<int>(std::ceil(layout.height())), theme.page);
  draw_titles(canvas, figure, theme, layout.width());
  draw_legend(canvas, layout, figure, theme);
  for (int row = 0; row < layout.dim; ++row)
    for (int column = 0; column <= row; ++column) {
      const picture::AxisLabels labels{.x = figure.names[static_cast<std::size_t>(column)],
                                       .y = figure.names[static_cast<std::size_t>(row)],
                                       .ticks = layout.ticks(),
                                       .below = row == layout.dim - 1,
                                       .left = column == 0 && row > 0,
                                       .overhang = Layout::overhang,
                                       .name_distance = layout.name_distance};
      if (row == column)
        draw_marginal(canvas, layout.frame(row, column), marginal_of(figure, column), theme, labels);
      else
        draw_pair(canvas, layout, figure, row, column, theme, labels);
    }
  canvas.write_png(path);
}

}  // namespace command
