#include "figure.hpp"

#include <algorithm>
#include <cmath>
#include <eigenflow/numerics/equal_to_rounding.hpp>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "picture/picture.hpp"

namespace command {
namespace {

using picture::Range;

const picture::Rgb ink = picture::hex(0x23202e), model_colour = picture::hex(0x1f5fa8),
                   data_colour = picture::hex(0xb9b6c2);

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

// The range of the rows, without a few strays, with a margin. A column that is constant up to rounding is in the
// middle.
Range range_of(const Eigen::MatrixXd& rows, Eigen::Index column, const std::string& name) {
  std::vector<double> sorted;
  std::copy_if(rows.col(column).begin(), rows.col(column).end(), std::back_inserter(sorted),
               [](double value) { return std::isfinite(value); });
  if (sorted.empty()) throw std::runtime_error("column \"" + name + "\" has no finite number to draw");
  std::sort(sorted.begin(), sorted.end());
  const double low = quantile(sorted, 0.002), high = quantile(sorted, 0.998), width = high - low;
  if (std::max(std::abs(sorted.front()), std::abs(sorted.back())) > 1e300)
    throw std::runtime_error("column \"" + name + "\" has numbers beyond 1e300, which no axis holds");
  if (eigenflow::detail::equal_to_rounding(low, high)) {
    const double half = 0.5 * std::max(1.0, std::abs(low));
    return {low - half, low + half};
  }
  const double from = std::max(sorted.front(), low - 0.3 * width),
               to = std::min(sorted.back(), high + 0.3 * width);
  const double margin = 0.06 * (to - from);
  return {from - margin, to + margin};
}

Range range_of(const Figure& figure, Eigen::Index column) {
  return range_of(figure.data.rows() > 0 ? figure.data : figure.samples, column,
                  figure.names[static_cast<std::size_t>(column)]);
}

// As many rows as dots can be distinguished, evenly spaced in the table.
Eigen::MatrixX2d some_rows(const Eigen::MatrixXd& rows, Eigen::Index x, Eigen::Index y, Eigen::Index most) {
  const Eigen::Index count = std::min(rows.rows(), most);
  Eigen::MatrixX2d some(count, 2);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Eigen::Index from = i * rows.rows() / count;
    some.row(i) << rows(from, x), rows(from, y);
  }
  return some;
}

// The density of a column in equal cells of a range.
Eigen::VectorXd histogram(const Eigen::MatrixXd& rows, Eigen::Index column, Range range, Eigen::Index cells) {
  Eigen::VectorXd density = Eigen::VectorXd::Zero(cells);
  const double scale = static_cast<double>(cells) / range.length();
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    const double at = std::floor((rows(i, column) - range.low) * scale);
    if (at >= 0 && at < static_cast<double>(cells))
      density[static_cast<Eigen::Index>(at)] += scale / static_cast<double>(rows.rows());
  }
  return density;
}

// The number of cells of a histogram of so many rows.
Eigen::Index cells_for(Eigen::Index rows) {
  return std::clamp<Eigen::Index>(static_cast<Eigen::Index>(2 * std::cbrt(static_cast<double>(rows))), 8, 50);
}

// Blurred by about one cell, with a correction at the ends.
Eigen::VectorXd smooth(const Eigen::VectorXd& values) {
  constexpr double sigma = 1.5;
  const Eigen::MatrixXd share = picture::blur(Eigen::MatrixXd::Ones(values.size(), 1), sigma);
  return picture::blur(values, sigma).cwiseQuotient(share);
}

// A density that can be drawn: for a column with almost no spread it overflows.
Eigen::VectorXd density(const Eigen::VectorXd& log_prob) {
  constexpr double most = 600;
  return (log_prob.array() > most).select(Eigen::ArrayXd::Constant(log_prob.size(), most), log_prob).exp();
}

struct Curve {
  Eigen::VectorXd x, y;
};

// The density of one feature: exact if the model has only this one, else that of its samples, slightly smoothed.
Curve density_along(const Figure& figure, Eigen::Index column, Range range) {
  const Eigen::Index cells = figure.log_prob && figure.names.size() == 1 ? 800 : 150;
  const double width = range.length() / static_cast<double>(cells);
  Curve curve{Eigen::VectorXd::LinSpaced(cells, range.low + width / 2, range.high - width / 2), {}};
  if (figure.log_prob && figure.names.size() == 1)
    curve.y = density(figure.log_prob(curve.x));
  else
    curve.y = smooth(histogram(figure.samples, column, range, cells));
  return curve;
}

// A curve of the model over a histogram of the data.
void draw_marginal(picture::Canvas& canvas, const picture::Rect& frame, const Figure& figure,
                   Eigen::Index column, const picture::Theme& theme, picture::AxisLabels labels) {
  const Range range = range_of(figure, column);
  const Curve curve = density_along(figure, column, range);
  const Eigen::VectorXd bars = histogram(figure.data, column, range, cells_for(figure.data.rows()));
  const double top = 1.12 * std::max({curve.y.maxCoeff(), bars.maxCoeff(), 1e-300});
  picture::Panel panel(canvas, frame, {.x = range, .y = {0, top}, .equal_aspect = false}, theme);
  const double width = range.length() / static_cast<double>(bars.size());
  for (Eigen::Index b = 0; b < bars.size(); ++b) {
    const double from = range.low + width * static_cast<double>(b);
    const picture::Point upper = panel.place(from, bars[b]), lower = panel.place(from + width, 0);
    canvas.fill({upper.x, upper.y, lower.x - upper.x - 0.5, lower.y - upper.y}, data_colour, 0.75);
  }
  panel.line(curve.x, curve.y, {.colour = model_colour, .width = 1.6});
  panel.axes(labels);
}

picture::Gallery gallery_of(const Figure& figure, const picture::Theme& theme) {
  return picture::Gallery({.title = figure.title,
                           .subtitle = figure.subtitle,
                           .panel_width = 420,
                           .panel_height = 420,
                           .room_for_axes = true,
                           .theme = theme});
}

void draw_curve(const Figure& figure, const std::filesystem::path& path) {
  const picture::Theme theme = picture::light_panels();
  picture::Gallery gallery = gallery_of(figure, theme);
  draw_marginal(gallery.canvas(), gallery.panel(0, 0).frame(), figure, 0, theme,
                {.x = figure.names[0], .y = "density"});
  gallery.write_png(path);
}

void draw_map(const Figure& figure, const std::filesystem::path& path) {
  picture::Gallery gallery = gallery_of(figure, picture::dark_panels());
  auto panel =
      gallery.panel(0, 0, {.x = range_of(figure, 0), .y = range_of(figure, 1), .equal_aspect = false});
  if (figure.log_prob)
    panel.heatmap(
        [&](const Eigen::MatrixX2d& at) -> Eigen::VectorXd { return density(figure.log_prob(at)); });
  else
    panel.histogram(figure.samples, {}, 2);
  const bool few = figure.data.rows() <= 1000;
  panel.scatter(some_rows(figure.data, 0, 1, 5000), {.radius = few ? 1.8 : 1,
                                                     .alpha = few ? 0.9 : 0.5,
                                                     .colour = picture::hex(0xffffff),
                                                     .rim = few ? 0.6 : 0});
  panel.axes({.x = figure.names[0], .y = figure.names[1]});
  gallery.write_png(path);
}

void draw_corner(const Figure& figure, const std::filesystem::path& path) {
  const auto dim = static_cast<int>(figure.names.size());
  const double side = std::clamp(900.0 / dim, 84.0, 190.0), gap = 7, left = 62, top = 62;
  const double whole = left + dim * (side + gap) + 12;
  const picture::Theme theme = picture::light_panels();
  picture::Canvas canvas(static_cast<int>(whole), static_cast<int>(whole + 46), theme.page);
  canvas.text(figure.title, {14, 14},
              {.size = 15, .colour = theme.ink, .align = picture::Align::left, .stand = picture::Stand::top});
  canvas.text(figure.subtitle, {14, 34},
              {.colour = theme.quiet, .align = picture::Align::left, .stand = picture::Stand::top});

  const bool few = figure.data.rows() <= 1000;
  for (int row = 0; row < dim; ++row)
    for (int column = 0; column <= row; ++column) {
      const picture::Rect frame{left + column * (side + gap), top + row * (side + gap), side, side};
      const auto name = [&](int j) { return figure.names[static_cast<std::size_t>(j)]; };
      const picture::AxisLabels labels{.x = name(column),
                                       .y = name(row),
                                       .ticks = side > 120 ? 4 : 3,
                                       .below = row == dim - 1,
                                       .left = column == 0 && row > 0};
      if (row == column) {
        draw_marginal(canvas, frame, figure, column, theme, labels);
        continue;
      }
      picture::Panel panel(canvas, frame,
                           {.x = range_of(figure, column), .y = range_of(figure, row), .equal_aspect = false},
                           theme);
      Eigen::MatrixX2d samples(figure.samples.rows(), 2);
      samples << figure.samples.col(column), figure.samples.col(row);
      panel.histogram(samples, {}, 1.5);
      panel.scatter(some_rows(figure.data, column, row, 2000),
                    {.radius = few ? 0.9 : 0.6, .alpha = few ? 0.8 : 0.4, .colour = ink});
      panel.axes(labels);
    }
  canvas.write_png(path);
}

}  // namespace

void draw(const Figure& figure, const std::filesystem::path& path) {
  if (figure.names.size() == 1) return draw_curve(figure, path);
  if (figure.names.size() == 2) return draw_map(figure, path);
  draw_corner(figure, path);
}

}  // namespace command
