#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>

#include "figure.hpp"
#include "picture/picture.hpp"

// What the pictures of models are made of.

namespace command {

inline const picture::Rgb ink = picture::hex(0x23202e), model_colour = picture::hex(0x1f5fa8),
                          data_colour = picture::hex(0xb9b6c2);

/// How many rows are drawn as dots of which size.
inline bool few_rows(const Figure& figure) {
  return figure.data.rows() <= 1000;
}

/// The range of a column: that of the data, or of the samples, or of both if there are few data; without a few
/// strays, with a margin. Throws std::runtime_error if it has no finite numbers or numbers that no axis holds.
picture::Range range_of(const Figure& figure, Eigen::Index column);

/// As many rows as dots can be distinguished, evenly spaced in the table.
Eigen::MatrixX2d some_rows(const Eigen::MatrixXd& rows, Eigen::Index x, Eigen::Index y, Eigen::Index most);

/// A density that can be drawn: for a column with almost no spread it overflows.
Eigen::VectorXd drawable_density(const Eigen::VectorXd& log_prob);

/// The density of one feature: of the model as a curve, and of the data in bars of equal width.
struct Marginal {
  struct Curve {
    Eigen::VectorXd x, y;
  };
  picture::Range range, heights;
  Curve curve;
  Eigen::VectorXd bars;
};
Marginal marginal_of(const Figure& figure, Eigen::Index column);
void draw_marginal(picture::Canvas& canvas, const picture::Rect& frame, const Marginal& marginal,
                   const picture::Theme& theme, const picture::AxisLabels& labels);

/// Title and subtitle, from the top left of a page of this width.
void draw_titles(picture::Canvas& canvas, const Figure& figure, const picture::Theme& theme, double width);

/// Signs of a legend, one beside the other.
class Legend {
 public:
  Legend(picture::Canvas& canvas, const picture::Theme& theme, picture::Point at)
      : canvas_(canvas), theme_(theme), at_(at) {}

  Legend& bar(picture::Rgb colour, const std::string& text);
  Legend& line(picture::Rgb colour, const std::string& text);
  /// A dot, with a ring around it.
  Legend& dot(picture::Rgb colour, std::optional<picture::Rgb> rim, const std::string& text);

 private:
  Legend& label(double sign, const std::string& text);

  picture::Canvas& canvas_;
  const picture::Theme& theme_;
  picture::Point at_;  // where the next sign begins, at half its height
};

/// The colours of Panel::heatmap for the shares 0 to 1 of its brightest level, from left to right or from bottom to
/// top.
void draw_colours(picture::Canvas& canvas, const picture::Rect& place, const picture::Theme& theme,
                  picture::Along axis);

}  // namespace command
