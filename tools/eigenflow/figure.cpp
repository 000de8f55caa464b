#include "figure.hpp"

#include <cmath>
#include <vector>

#include "figure_corner.hpp"
#include "figure_parts.hpp"

namespace command {
namespace {

using picture::Range;
using picture::Rect;

constexpr double side = 420, margin = 14, head = 88, below = 52;

constexpr int ticks = 6;

double room_for_axis(Range y) {
  return margin + 12 + picture::name_distance(picture::ticks_along({picture::Along::y, y, side}, ticks));
}

// A panel of one figure, with room for its axes, and for a colour scale of this width.
struct Page {
  picture::Theme theme;
  Rect frame;
  double width;
  picture::Canvas canvas;

  Page(const Figure& figure, const picture::Theme& colours, Range y, double scale = 0)
      : theme(colours),
        frame{room_for_axis(y), head, side, side},
        width(std::ceil(frame.right() + scale + margin)),
        canvas(static_cast<int>(width), static_cast<int>(frame.bottom() + below), theme.page) {
    draw_titles(canvas, figure, theme, width);
  }
  Legend legend() { return {canvas, theme, {frame.x, head - 13}}; }
};

void draw_curve(const Figure& figure, const std::filesystem::path& path) {
  const Marginal marginal = marginal_of(figure, 0);
  Page page(figure, picture::light_panels(), marginal.heights);
  Legend legend = page.legend();
  if (figure.data.rows() > 0) legend.bar(data_colour, "data");
  legend.line(model_colour, "model");
  draw_marginal(page.canvas, page.frame, marginal, page.theme, {.x = figure.names[0], .y = "density"});
  page.canvas.write_png(path);
}

// The densities that the colours stand for, right of the frame.
void draw_scale(Page& page, const std::vector<picture::Tick>& densities, double brightest) {
  const Rect bar{page.frame.right() + 14, page.frame.y, 12, page.frame.height};
  draw_colours(page.canvas, bar, page.theme, picture::Along::y);
  for (const picture::Tick& tick : densities) {
    const double y = bar.bottom() - tick.value / brightest * bar.height;
    page.canvas.fill({bar.right() + 1, y - 0.4, picture::tick_reach, 0.75}, page.theme.quiet);
    page.canvas.text(tick.label, {bar.right() + picture::tick_reach + 5, y},
                     {.size = picture::number_size,
                      .colour = page.theme.quiet,
                      .align = picture::Align::left,
                      .stand = picture::Stand::middle});
  }
  page.canvas.text("density of the model", {page.width - margin, bar.y - 13},
                   {.size = picture::number_size,
                    .colour = page.theme.ink,
                    .align = picture::Align::right,
                    .stand = picture::Stand::middle});
}

// The density in every pixel of a panel, or the samples in it.
Eigen::MatrixXd grid_of(const Figure& figure, const picture::Panel& panel, int scale) {
  if (figure.log_prob)
    return panel.evaluate(
        [&](const Eigen::MatrixX2d& at) -> Eigen::VectorXd { return drawable_density(figure.log_prob(at)); });
  const auto cells = static_cast<Eigen::Index>(std::lround(side * scale));
  return picture::blur(picture::histogram(figure.samples, panel.x_range(), panel.y_range(), cells, cells),
                       2.0 * scale);
}

void draw_map(const Figure& figure, const std::filesystem::path& path) {
  const picture::Theme theme = picture::dark_panels();
  const picture::View view{.x = range_of(figure, 0), .y = range_of(figure, 1), .equal_aspect = false};
  // The page is as wide as the numbers of its colour scale need, which the density says.
  Page draft(figure, theme, view.y);
  picture::Panel drawn(draft.canvas, draft.frame, view, theme);
  const Eigen::MatrixXd grid = grid_of(figure, drawn, draft.canvas.scale());
  const double brightest = drawn.heatmap(grid);
  const std::vector<picture::Tick> densities =
      picture::ticks_along({picture::Along::y, {0, brightest}, side}, ticks);

  Page page(figure, theme, view.y, picture::name_distance(densities) + 26);
  picture::Panel panel(page.canvas, page.frame, view, theme);
  panel.heatmap(grid);
  const bool few = few_rows(figure);
  const picture::Rgb white = picture::hex(0xffffff);
  panel.scatter(some_rows(figure.data, 0, 1, 5000),
                {.radius = few ? 1.8 : 1, .alpha = few ? 0.9 : 0.5, .colour = white, .rim = few ? 0.6 : 0});
  panel.axes({.x = figure.names[0], .y = figure.names[1]});
  Legend legend = page.legend();
  if (figure.data.rows() > 0) legend.dot(white, theme.panel, "data");
  draw_scale(page, densities, brightest);
  page.canvas.write_png(path);
}

}  // namespace

void draw(const Figure& figure, const std::filesystem::path& path) {
  if (figure.names.size() == 1) return draw_curve(figure, path);
  if (figure.names.size() == 2) return draw_map(figure, path);
  draw_corner(figure, path);
}

}  // namespace command
