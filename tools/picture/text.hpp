#pragma once

#include <string_view>
#include <vector>

namespace picture {

enum class Weight { regular, bold };

/// One line of text as coverage in [0, 1], row by row from the top, in device pixels.
struct TextMask {
  int width = 0;
  int height = 0;
  int left = 0;           // column of the pen's start; glyphs may reach a little to its left
  int baseline = 0;       // row of the baseline
  double advance = 0;     // width of the text
  double cap_height = 0;  // height of a capital H, for centring
  std::vector<float> coverage;

  float at(int column, int row) const {
    return coverage[static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
                    static_cast<std::size_t>(column)];
  }
};

/// Draws UTF-8 text with an em of `size` device pixels. The font is the file that the environment variable
/// EIGENFLOW_FONT names (bold: EIGENFLOW_FONT_BOLD), else DejaVu Sans or a system sans in the usual folders.
/// Without any font the mask is empty: pictures have no labels.
TextMask draw_text(std::string_view text, double size, Weight weight = Weight::regular);

}  // namespace picture
