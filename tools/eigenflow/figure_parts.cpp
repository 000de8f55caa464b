#include "figure_parts.hpp"

#include <algorithm>
#include <cmath>
#include <eigenflow/numerics/equal_to_rounding.hpp>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace command {
namespace {

using picture::Range;

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

// The range of the rows, without a few strays, with a margin. A column that is constant up to rounding is in the
// middle.
Range range_of_rows(const Eigen::MatrixXd& rows, Eigen::Index column, const std::string& name) {
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

// The density of one feature: exact if the model has only this one, else that of its samples, slightly smoothed.
Marginal::Curve density_along(const Figure& figure, Eigen::Index column, Range range) {
  const Eigen::Index cells = figure.log_prob && figure.names.size() == 1 ? 800 : 150;
  const double width = range.length() / static_cast<double>(cells);
  Marginal::Curve curve{Eigen::VectorXd::LinSpaced(cells, range.low + width / 2, range.high - width / 2), {}};
  if (figure.log_prob && figure.names.size() == 1)
    curve.y = drawable_density(figure.log_prob(curve.x));
  else
    curve.y = smooth(histogram(figure.samples, column, range, cells));
  return curve;
}

}  // namespace

Range range_of(const Figure& figure, Eigen::Index column) {
  constexpr Eigen::Index enough = 200;  // rows of data that say how far a column reaches
  const std::string& name = figure.names[static_cast<std::size_t>(column)];
  const bool data = figure.data.rows() > 0, samples = figure.samples.rows() > 0;
  if (!samples || figure.data.rows() >= enough) return range_of_rows(figure.data, column, name);
  const Range model = range_of_rows(figure.samples, column, name);
  if (!data) return model;
  const Range some = range_of_rows(figure.data, column, name);
  return {std::min(model.low, some.low), std::max(model.high, some.high)};
}

Eigen::MatrixX2d some_rows(const Eigen::MatrixXd& rows, Eigen::Index x, Eigen::Index y, Eigen::Index most) {
  const Eigen::Index count = std::min(rows.rows(), most);
  Eigen::MatrixX2d some(count, 2);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Eigen::Index from = i * rows.rows() / count;
    some.row(i) << rows(from, x), rows(from, y);
  }
  return some;
}

Eigen::VectorXd drawable_density(const Eigen::VectorXd& log_prob) {
  constexpr double most = 600;
  return (log_prob.array() > most).select(Eigen::ArrayXd::Constant(log_prob.size(), most), log_prob).exp();
}

Marginal marginal_of(const Figure& figure, Eigen::Index column) {
  Marginal marginal;
  marginal.range = range_of(figure, column);
  marginal.curve = density_along(figure, column, marginal.range);
  marginal.bars = histogram(figure.data, column, marginal.range, cells_for(figure.data.rows()));
  marginal.heights = {0, 1.12 * std::max({marginal.curve.y.maxCoeff(), marginal.bars.maxCoeff(), 1e-300})};
  return marginal;
}

void draw_marginal(picture::Canvas& canvas, const picture::Rect& frame, const Marginal& marginal,
                   const picture::Theme& theme, const picture::AxisLabels& labels) {
  picture::Panel panel(canvas, frame, {.x = marginal.range, .y = marginal.heights, .equal_aspect = false},
                       theme);
  const double width = marginal.range.length() / static_cast<double>(marginal.bars.size());
  for (Eigen::Index b = 0; b < marginal.bars.size(); ++b) {
    const double from = marginal.range.low + width * static_cast<double>(b);
    const picture::Point upper = panel.place(from, marginal.bars[b]), lower = panel.place(from + width, 0);
    canvas.fill({upper.x, upper.y, lower.x - upper.x - 0.5, lower.y - upper.y}, data_colour, 0.75);
  }
  panel.line(marginal.curve.x, marginal.curve.y, {.colour = model_colour, .width = 1.6});
  panel.axes(labels);
}

void draw_titles(picture::Canvas& canvas, const Figure& figure, const picture::Theme& theme, double width) {
  constexpr double margin = 14, title = 15, subtitle = 10;
  const auto draw = [&](const std::string& text, double y, double size, picture::Rgb colour) {
    canvas.text(
        picture::shortened(text, size, width - 2 * margin), {margin, y},
        {.size = size, .colour = colour, .align = picture::Align::left, .stand = picture::Stand::top});
  };
  draw(figure.title, margin, title, theme.ink);
  double y = margin + 20;
  std::istringstream lines(figure.subtitle);
  for (std::string line; std::getline(lines, line); y += 14) draw(line, y, subtitle, theme.quiet);
}

Legend& Legend::bar(picture::Rgb colour, const std::string& text) {
  canvas_.fill({at_.x, at_.y - 4, 14, 8}, colour, 0.75);
  return label(14, text);
}

Legend& Legend::line(picture::Rgb colour, const std::string& text) {
  canvas_.fill({at_.x, at_.y - 0.8, 14, 1.6}, colour);
  return label(14, text);
}

Legend& Legend::dot(picture::Rgb colour, std::optional<picture::Rgb> rim, const std::string& text) {
  const picture::Point centre{at_.x + 4, at_.y};
  if (rim) canvas_.disc(centre, 3, *rim);
  canvas_.disc(centre, 2.2, colour);
  return label(8, text);
}

Legend& Legend::label(double sign, const std::string& text) {
  constexpr double size = 9.5;
  canvas_.text(
      text, {at_.x + sign + 5, at_.y},
      {.size = size, .colour = theme_.ink, .align = picture::Align::left, .stand = picture::Stand::middle});
  at_.x += sign + 5 + (text.empty() ? 0 : picture::text_width(text, size) + 18);
  return *this;
}

void draw_colours(picture::Canvas& canvas, const picture::Rect& place, const picture::Theme& theme,
                  picture::Along axis) {
  const picture::Shade shade;  // as the panels have it
  const bool right = axis == picture::Along::x;
  const double step = 1.0 / canvas.scale();
  const auto whole = [&](double at) { return std::round(at / step) * step; };
  const picture::Rect bar{whole(place.x), whole(place.y), whole(place.width), whole(place.height)};
  const double length = right ? bar.width : bar.height;
  for (double at = 0; at < length; at += step) {
    const picture::Rgb colour = theme.map(std::pow((at + step / 2) / length, shade.gamma));
    canvas.fill(right ? picture::Rect{bar.x + at, bar.y, step, bar.height}
                      : picture::Rect{bar.x, bar.bottom() - at - step, bar.width, step},
                colour);
  }
  canvas.outline(bar, {.colour = picture::hex(0xa9a6b3), .width = step});
}

}  // namespace command
