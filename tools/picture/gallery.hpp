#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "canvas.hpp"
#include "panel.hpp"
#include "theme.hpp"

namespace picture {

/// A heading over adjacent columns; a wider gap separates them from the next group.
struct ColumnGroup {
  std::string title = {};
  int columns = 1;
};

/// The style of a gallery. Sizes in logical pixels.
struct GalleryStyle {
  std::string title = {};  // omitted if empty, like every text here
  std::string subtitle = {};
  std::vector<std::string> rows = {""};     // one title per row, at the left; "" for none
  std::vector<std::string> columns = {""};  // one title per column
  std::vector<ColumnGroup> groups = {};     // empty, or covering all columns
  double panel_width = 116;
  double panel_height = 116;
  double gap = 6;
  double group_gap = 20;
  bool room_for_axes = false;  // space at the left of and below every panel for Panel::axes
  Theme theme = dark_panels();
  int scale = 2;  // device pixels per logical pixel
};

/// Panels in rows and columns with titles around them, on one canvas:
///
///     picture::Gallery gallery({.title = "Eight densities", .rows = {"data", "model"}, .columns = names});
///     gallery.panel(0, 3, {.x = {-4, 4}, .y = {-4, 4}}).histogram(samples);
///     gallery.write_png("out/densities.png");
///
/// A panel that is not requested stays blank.
class Gallery {
 public:
  /// Throws std::invalid_argument without rows or columns, and if the groups do not add up to the columns.
  explicit Gallery(GalleryStyle style);

  Canvas& canvas() { return canvas_; }
  /// The panel in a row and a column, both from 0, painted empty: call once and keep it. Valid while the
  /// gallery lives and is not moved. Throws std::out_of_range if there is no such panel.
  Panel panel(int row, int column, const View& view = {});
  /// As Canvas::write_png.
  void write_png(const std::filesystem::path& path) const { canvas_.write_png(path); }

 private:
  double column_x(int column) const;
  double row_y(int row) const;
  int group_of(int column) const;

  GalleryStyle style_;
  Canvas canvas_;
};

}  // namespace picture
