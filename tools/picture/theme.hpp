#pragma once

#include "colour.hpp"
#include "colour_map.hpp"

namespace picture {

/// The colours of a page and of the panels on it.
struct Theme {
  Rgb page = hex(0xffffff);
  Rgb ink = hex(0x23202e);    // titles
  Rgb quiet = hex(0x6f6b7c);  // row titles, ticks, subtitles
  Rgb panel =
      hex(0x000004);  // behind the data: the first colour of the map, so that zero density has no edge
  Rgb frame = hex(0x000004);
  Rgb point = hex(0xfeb77e);  // samples: from the bright part of the map
  ColourMap map = magma();
};

/// Dark panels on a white page, for galleries.
inline Theme dark_panels() {
  return {};
}

/// White panels, blue densities, dark points: for figures with axes to read.
inline Theme light_panels() {
  return {.panel = hex(0xffffff), .frame = hex(0xa9a6b3), .point = hex(0x23202e), .map = blues()};
}

}  // namespace picture
