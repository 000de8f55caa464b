#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <string_view>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/numerics/piece_count.hpp"

namespace eigenflow::nets {

/// What lies outside of an image: zeros, or the image again (a periodic field).
enum class Padding { zero, circular };
constexpr std::array<std::string_view, 2> names_of(Padding) {
  return {"zero", "circular"};
}

/// A batch of images inside a network, N samples of C channels on H × W pixels. The channels of a pixel are side by side,
/// filled to whole vectors; then come the samples, then the pixels of a line. So a convolution is a product of rows
/// (y, x, n), and an image alone is computed as in a batch. Every line has a margin of one pixel at both ends.
template <class Scalar>
struct Pixels {
  Scalar* data;
  Eigen::Index samples, height, width, channels;

  static Pixels allocate(Arena& arena, Eigen::Index samples, Eigen::Index height, Eigen::Index width,
                         Eigen::Index channels) {
    Pixels pixels{nullptr, samples, height, width, channels};
    pixels.data = arena.allocate<Scalar>(static_cast<std::size_t>(pixels.size()));
    return pixels;
  }
  /// Other images of the same size.
  Pixels like(Arena& arena, Eigen::Index other_channels) const {
    return allocate(arena, samples, height, width, other_channels);
  }

  Eigen::Index vectors() const { return detail::piece_count(channels, Lanes<Scalar>::width); }
  /// From one row to the next.
  Eigen::Index stride() const { return vectors() * Lanes<Scalar>::width; }
  /// From one line to the next.
  Eigen::Index line_stride() const { return (width + 2) * samples * stride(); }
  Eigen::Index size() const { return height * line_stride(); }
  /// Rows of a line without its margins.
  Eigen::Index line_rows() const { return width * samples; }
  /// The samples of pixel (y, x); x may be -1 or W.
  Scalar* pixel(Eigen::Index y, Eigen::Index x) const {
    return data + y * line_stride() + (x + 1) * samples * stride();
  }

  /// Writes the margins, once the pixels are known.
  void fill_margins(Padding padding) const {
    const Eigen::Index count = samples * stride();
    for (Eigen::Index y = 0; y < height; ++y) {
      if (padding == Padding::circular) {
        std::copy_n(pixel(y, width - 1), count, pixel(y, -1));
        std::copy_n(pixel(y, 0), count, pixel(y, width));
      } else {
        std::fill_n(pixel(y, -1), count, Scalar(0));
        std::fill_n(pixel(y, width), count, Scalar(0));
      }
    }
  }

  /// Calls body(from, count) for the adjacent numbers of every line, margins excluded.
  template <class Body>
  void for_each_line(const Body& body) const {
    for (Eigen::Index y = 0; y < height; ++y) body(pixel(y, 0) - data, line_rows() * stride());
  }

  /// Takes channel c from plane c of a batch whose column (c, y, x) is at from + (c H W + y W + x) N. The channels from
  /// `first` on; the vector of the last is filled with zeros.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index count) const {
    const Eigen::Index end = first + count == channels ? stride() : first + count;
    for_each_sample([&](Scalar* row, Eigen::Index place) {
      for (Eigen::Index c = 0; c < count; ++c) row[first + c] = from[c * plane() + place];
      std::fill(row + first + count, row + end, Scalar(0));
    });
  }
  /// Takes one number a sample for each channel from `first` on, spread over the planes.
  void take_spread(const Scalar* from, Eigen::Index first, Eigen::Index count) const {
    const Eigen::Index end = first + count == channels ? stride() : first + count;
    for_each_sample([&](Scalar* row, Eigen::Index place) {
      for (Eigen::Index c = 0; c < count; ++c) row[first + c] = from[c * samples + place % samples];
      std::fill(row + first + count, row + end, Scalar(0));
    });
  }
  /// Writes the channels as planes.
  void give(Scalar* to) const {
    for_each_sample([&](const Scalar* row, Eigen::Index place) {
      for (Eigen::Index c = 0; c < channels; ++c) to[c * plane() + place] = row[c];
    });
  }
  /// Adds the channels from `first` on to planes.
  void add_to(Scalar* to, Eigen::Index first, Eigen::Index count) const {
    for_each_sample([&](const Scalar* row, Eigen::Index place) {
      for (Eigen::Index c = 0; c < count; ++c) to[c * plane() + place] += row[first + c];
    });
  }
  /// Adds the sum over the pixels to one number a sample for each channel from `first` on.
  void add_sums_to(Scalar* to, Eigen::Index first, Eigen::Index count) const {
    for_each_sample([&](const Scalar* row, Eigen::Index place) {
      for (Eigen::Index c = 0; c < count; ++c) to[c * samples + place % samples] += row[first + c];
    });
  }

 private:
  // Numbers of a plane of the batch.
  Eigen::Index plane() const { return height * width * samples; }

  // Calls body(row, place in a plane) for every pixel of every sample.
  template <class Body>
  void for_each_sample(const Body& body) const {
    Eigen::Index place = 0;
    for (Eigen::Index y = 0; y < height; ++y) {
      Scalar* row = pixel(y, 0);
      for (Eigen::Index i = 0; i < line_rows(); ++i, row += stride()) body(row, place++);
    }
  }
};

}  // namespace eigenflow::nets
