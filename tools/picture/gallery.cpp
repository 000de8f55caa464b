#include "gallery.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace picture {
namespace {

constexpr double margin = 14;
constexpr double title_size = 15;
constexpr double subtitle_size = 10;
constexpr double heading_size = 10.5;

// The space of each part; zero for an empty one.
bool any(const std::vector<std::string>& titles) {
  return std::any_of(titles.begin(), titles.end(), [](const std::string& t) { return !t.empty(); });
}
double head_room(const GalleryStyle& s) {
  return (s.title.empty() ? 0.0 : title_size + 10) + (s.subtitle.empty() ? 0.0 : subtitle_size + 6);
}
double group_room(const GalleryStyle& s) {
  return s.groups.empty() ? 0.0 : heading_size + 11;
}
double column_room(const GalleryStyle& s) {
  return any(s.columns) ? heading_size + 8 : 0.0;
}
double row_room(const GalleryStyle& s) {
  return any(s.rows) ? heading_size + 8 : 0.0;
}
double left_axis(const GalleryStyle& s) {
  return s.room_for_axes ? 42.0 : 0.0;
}
double bottom_axis(const GalleryStyle& s) {
  return s.room_for_axes ? 38.0 : 0.0;
}

int count(const std::vector<std::string>& titles) {
  return static_cast<int>(titles.size());
}

GalleryStyle checked(GalleryStyle s) {
  if (s.rows.empty() || s.columns.empty()) {
    throw std::invalid_argument(
        "a gallery needs at least one row and one column: give a title for each, \"\" for none");
  }
  int grouped = 0;
  for (const ColumnGroup& group : s.groups) grouped += group.columns;
  if (!s.groups.empty() && grouped != count(s.columns)) {
    throw std::invalid_argument("the groups hold " + std::to_string(grouped) +
                                " columns of a gallery that has " + std::to_string(s.columns.size()) +
                                ": make them add up");
  }
  return s;
}

Canvas canvas_for(const GalleryStyle& s) {
  const double columns = count(s.columns);
  const double rows = count(s.rows);
  const double group_gaps = s.groups.empty() ? 0.0 : static_cast<double>(s.groups.size()) - 1;
  const double width = 2 * margin + row_room(s) + columns * (left_axis(s) + s.panel_width) +
                       (columns - 1) * s.gap + group_gaps * (s.group_gap - s.gap);
  const double height = 2 * margin + head_room(s) + group_room(s) + column_room(s) +
                        rows * (s.panel_height + bottom_axis(s)) + (rows - 1) * s.gap;
  return {static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(height)), s.theme.page, s.scale};
}

}  // namespace

int Gallery::group_of(int column) const {
  int group = 0;
  for (int end = 0; group < static_cast<int>(style_.groups.size()); ++group) {
    end += style_.groups[static_cast<std::size_t>(group)].columns;
    if (column < end) break;
  }
  return group;
}

double Gallery::column_x(int column) const {
  return margin + row_room(style_) + left_axis(style_) +
         column * (left_axis(style_) + style_.panel_width + style_.gap) +
         group_of(column) * (style_.group_gap - style_.gap);
}

double Gallery::row_y(int row) const {
  return margin + head_room(style_) + group_room(style_) + column_room(style_) +
         row * (style_.panel_height + bottom_axis(style_) + style_.gap);
}

Gallery::Gallery(GalleryStyle style) : style_(checked(std::move(style))), canvas_(canvas_for(style_)) {
  const Theme& theme = style_.theme;
  const double left = column_x(0);
  double y = margin;
  if (!style_.title.empty()) {
    canvas_.text(style_.title, {left, y},
                 {.size = title_size, .colour = theme.ink, .align = Align::left, .stand = Stand::top});
    y += title_size + 5;
  }
  canvas_.text(style_.subtitle, {left, y},
               {.size = subtitle_size, .colour = theme.quiet, .align = Align::left, .stand = Stand::top});

  int first = 0;
  for (const ColumnGroup& group : style_.groups) {
    const double from = column_x(first);
    const double to = column_x(first + group.columns - 1) + style_.panel_width;
    const double top = margin + head_room(style_);
    canvas_.text(group.title, {(from + to) / 2, top},
                 {.size = heading_size, .colour = theme.ink, .weight = Weight::bold, .stand = Stand::top});
    canvas_.fill({from, top + heading_size + 4, to - from, 0.5}, theme.quiet);
    first += group.columns;
  }
  for (int column = 0; column < count(style_.columns); ++column) {
    canvas_.text(style_.columns[static_cast<std::size_t>(column)],
                 {column_x(column) + style_.panel_width / 2, row_y(0) - 7},
                 {.size = heading_size, .colour = theme.ink});
  }
  for (int row = 0; row < count(style_.rows); ++row) {
    canvas_.text(style_.rows[static_cast<std::size_t>(row)],
                 {column_x(0) - left_axis(style_) - 7, row_y(row) + style_.panel_height / 2},
                 {.size = heading_size, .colour = theme.quiet, .turn = Turn::quarter_left});
  }
}

Panel Gallery::panel(int row, int column, const View& view) {
  if (row < 0 || column < 0 || row >= count(style_.rows) || column >= count(style_.columns)) {
    throw std::out_of_range("there is no panel in row " + std::to_string(row) + ", column " +
                            std::to_string(column) + " of a gallery of " +
                            std::to_string(style_.rows.size()) + " x " +
                            std::to_string(style_.columns.size()) + ": count from 0");
  }
  return {
      canvas_, {column_x(column), row_y(row), style_.panel_width, style_.panel_height}, view, style_.theme};
}

}  // namespace picture
