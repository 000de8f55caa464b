#pragma once

#include <filesystem>

#include "figure.hpp"

namespace command {

/// Three features or more: each feature as a curve over a histogram, each pair as shades with dots.
void draw_corner(const Figure& figure, const std::filesystem::path& path);

}  // namespace command
