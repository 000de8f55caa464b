#pragma once

// The pictures of the examples: densities, samples, contours and lines on a grid of panels, written as PNG.
// Not part of the library. Start at gallery.hpp.

#include "axes.hpp"
#include "colour.hpp"
#include "colour_map.hpp"
#include "gallery.hpp"
#include "grid.hpp"
#include "panel.hpp"
