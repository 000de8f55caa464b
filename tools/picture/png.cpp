// Canvas::write_png: encoding and the atomic write.
#include <stb/stb_image_write.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <eigenflow/io/file.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

#include "canvas.hpp"

namespace picture {
namespace {

namespace fs = std::filesystem;

void append(void* bytes, void* data, int size) {
  static_cast<std::string*>(bytes)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

[[noreturn]] void fail(const fs::path& path, const std::string& reason) {
  throw std::runtime_error("cannot write the picture '" + path.string() + "': " + reason);
}

}  // namespace

void Canvas::write_png(const fs::path& path) const {
  std::vector<unsigned char> rgb;
  rgb.reserve(pixels_.size() * 3);
  const auto byte = [](float c) {
    return static_cast<unsigned char>(std::lround(std::clamp(c, 0.0F, 1.0F) * 255.0F));
  };
  for (const Rgb& pixel : pixels_) rgb.insert(rgb.end(), {byte(pixel.r), byte(pixel.g), byte(pixel.b)});

  std::string png;
  if (stbi_write_png_to_func(append, &png, device_width_, device_height_, 3, rgb.data(), device_width_ * 3) ==
      0) {
    fail(path, "the image could not be encoded");
  }

  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) fail(path, error.message());
  eigenflow::io::write_file(path, std::as_bytes(std::span(png)));
}

}  // namespace picture
