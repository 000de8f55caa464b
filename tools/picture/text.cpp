#include "text.hpp"

#include <stb/stb_truetype.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace picture {
namespace {

struct Font {
  std::vector<unsigned char> file;  // stbtt_fontinfo points into it
  stbtt_fontinfo info{};
};

std::unique_ptr<Font> load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return nullptr;
  auto font = std::make_unique<Font>();
  font->file.assign(std::istreambuf_iterator<char>(in), {});
  if (font->file.size() < 1024) return nullptr;  // stb reads the tables without checking the length
  const int offset = stbtt_GetFontOffsetForIndex(font->file.data(), 0);
  if (offset < 0 || stbtt_InitFont(&font->info, font->file.data(), offset) == 0) return nullptr;
  return font;
}

std::unique_ptr<Font> find_font(Weight weight) {
  const bool bold = weight == Weight::bold;
  if (const char* chosen = std::getenv(bold ? "EIGENFLOW_FONT_BOLD" : "EIGENFLOW_FONT")) return load(chosen);
  const std::string dejavu = bold ? "DejaVuSans-Bold.ttf" : "DejaVuSans.ttf";
  const std::string arial = bold ? "Arial Bold.ttf" : "Arial.ttf";
  const std::array<std::string, 8> places = {
      "/usr/share/fonts/truetype/dejavu/" + dejavu,    // Debian, Ubuntu
      "/usr/share/fonts/dejavu-sans-fonts/" + dejavu,  // Fedora
      "/usr/share/fonts/TTF/" + dejavu,                // Arch
      "/usr/share/fonts/dejavu/" + dejavu,             // Alpine
      "/usr/local/share/fonts/dejavu/" + dejavu,       // FreeBSD
      "/opt/homebrew/share/fonts/" + dejavu,
      "/System/Library/Fonts/Supplemental/" + arial,  // macOS
      "/Library/Fonts/" + arial,
  };
  for (const std::string& place : places) {
    if (std::unique_ptr<Font> font = load(place)) return font;
  }
  return nullptr;
}

const Font* font_of(Weight weight) {
  static const std::unique_ptr<Font> regular = find_font(Weight::regular);
  static const std::unique_ptr<Font> bold = find_font(Weight::bold);
  return weight == Weight::bold && bold ? bold.get() : regular.get();
}

// Malformed bytes come out as U+FFFD, one each.
std::vector<int> decode_utf8(std::string_view text) {
  std::vector<int> code_points;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned lead = byte(i++);
    const std::size_t more = lead < 0x80         ? 0
                             : lead >> 5 == 0x6  ? 1
                             : lead >> 4 == 0xe  ? 2
                             : lead >> 3 == 0x1e ? 3
                                                 : 9;
    if (more == 0) {
      code_points.push_back(static_cast<int>(lead));
      continue;
    }
    unsigned value = lead & (0x3fU >> more);
    std::size_t k = 0;
    while (k < more && i + k < text.size() && byte(i + k) >> 6 == 0x2)
      value = value << 6 | (byte(i + k++) & 0x3fU);
    code_points.push_back(k == more ? static_cast<int>(value) : 0xfffd);
    if (k == more) i += more;
  }
  return code_points;
}

}  // namespace

TextMask draw_text(std::string_view text, double size, Weight weight) {
  const Font* font = font_of(weight);
  TextMask mask;
  if (font == nullptr || text.empty()) return mask;
  const stbtt_fontinfo* info = &font->info;
  const float scale = stbtt_ScaleForMappingEmToPixels(info, static_cast<float>(size));

  int x0 = 0;
  int y0 = 0;
  int x1 = 0;
  int y1 = 0;
  stbtt_GetCodepointBox(info, 'H', &x0, &y0, &x1, &y1);
  mask.cap_height = scale * static_cast<float>(y1);

  struct Placed {
    int glyph;
    double pen;
  };
  std::vector<Placed> line;
  int previous = 0;
  for (const int code_point : decode_utf8(text)) {
    const int glyph = stbtt_FindGlyphIndex(info, code_point);
    if (previous != 0)
      mask.advance += scale * static_cast<float>(stbtt_GetGlyphKernAdvance(info, previous, glyph));
    line.push_back({glyph, mask.advance});
    int advance = 0;
    int bearing = 0;
    stbtt_GetGlyphHMetrics(info, glyph, &advance, &bearing);
    mask.advance += scale * static_cast<float>(advance);
    previous = glyph;
  }

  int ascent = 0;
  int descent = 0;
  int gap = 0;
  stbtt_GetFontVMetrics(info, &ascent, &descent, &gap);
  const int border =
      static_cast<int>(std::ceil(size / 4)) + 1;  // room for glyphs that overhang their advance
  mask.left = border;
  mask.baseline = static_cast<int>(std::ceil(scale * static_cast<float>(ascent))) + border;
  mask.width = static_cast<int>(std::ceil(mask.advance)) + 2 * border;
  mask.height = mask.baseline + static_cast<int>(std::ceil(-scale * static_cast<float>(descent))) + border;
  mask.coverage.assign(static_cast<std::size_t>(mask.width) * static_cast<std::size_t>(mask.height), 0.0F);

  std::vector<unsigned char> bitmap;
  for (const Placed& placed : line) {
    const double whole = std::floor(placed.pen);
    const float shift = static_cast<float>(placed.pen - whole);
    stbtt_GetGlyphBitmapBoxSubpixel(info, placed.glyph, scale, scale, shift, 0, &x0, &y0, &x1, &y1);
    const int columns = x1 - x0;
    const int rows = y1 - y0;
    if (columns <= 0 || rows <= 0) continue;  // a space
    bitmap.assign(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows), 0);
    stbtt_MakeGlyphBitmapSubpixel(info, bitmap.data(), columns, rows, columns, scale, scale, shift, 0,
                                  placed.glyph);
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        const int x = mask.left + static_cast<int>(whole) + x0 + column;
        const int y = mask.baseline + y0 + row;
        if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) continue;
        float& pixel = mask.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.width) +
                                     static_cast<std::size_t>(x)];
        const auto k = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                       static_cast<std::size_t>(column);
        pixel = std::min(1.0F, pixel + static_cast<float>(bitmap[k]) / 255.0F);
      }
    }
  }
  return mask;
}

}  // namespace picture
