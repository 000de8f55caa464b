#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <string_view>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/transpose.hpp"
#include "eigenflow/numerics/piece_count.hpp"

namespace eigenflow {

/// What lies outside of an image: zeros, or the image again (a periodic field).
enum class Padding { zero, circular };
constexpr std::array<std::string_view, 2> names_of(Padding) {
  return {"zero", "circular"};
}

/// The pixels that a plane has: all, or those of one colour of a checkerboard, where y + x is even or odd.
enum class Colour { all, even, odd };
constexpr std::array<std::string_view, 3> names_of(Colour) {
  return {"all", "even", "odd"};
}

namespace nets {

/// The pixels of the other colour.
constexpr Colour others(Colour colour) {
  return colour == Colour::even ? Colour::odd : colour == Colour::odd ? Colour::even : Colour::all;
}

/// Calls body(pixel, place) for the pixels of a colour, line by line: place counts them.
template <class Body>
void for_each_pixel(Colour colour, Eigen::Index height, Eigen::Index width, const Body& body) {
  const Eigen::Index step = colour == Colour::all ? 1 : 2;
  Eigen::Index place = 0;
  for (Eigen::Index y = 0; y < height; ++y)
    for (Eigen::Index x = step == 1 ? 0 : (y + (colour == Colour::odd)) % 2; x < width; x += step)
      body(y * width + x, place++);
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

  /// Takes channel c from plane c of a batch whose column (c, pixel) is at from + (c P + pixel) N, where the planes have P
  /// pixels, line by line; the other pixels become zero. The channels from `first` on; the vector of the last is filled
  /// with zeros.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index count, Colour colour = Colour::all) const {
    const Eigen::Index end = end_of(first + count), step = plane(colour);
    if (colour != Colour::all)
      for_each_row(others(colour), [&](Scalar* row, Eigen::Index, Eigen::Index) {
        std::fill(row + first, row + end, Scalar(0));
      });
    for_each_square(
        colour, count,
        [&](Scalar* rows, Eigen::Index place, Eigen::Index c) {
          transpose_square(from + c * step + place, step, Lanes<Scalar>::width, rows + first + c, stride());
        },
        [&](Scalar* row, Eigen::Index place, Eigen::Index c) { row[first + c] = from[c * step + place]; });
    if (first + count == end) return;
    for_each_row(colour, [&](Scalar* row, Eigen::Index, Eigen::Index) {
      std::fill(row + first + count, row + end, Scalar(0));
    });
  }
  /// Takes one number a sample for each channel from `first` on, broadcast over all pixels.
  void take_broadcast(const Scalar* from, Eigen::Index first, Eigen::Index count) const {
    const Eigen::Index end = end_of(first + count);
    for_each_row(Colour::all, [&](Scalar* row, Eigen::Index, Eigen::Index n) {
      for (Eigen::Index c = 0; c < count; ++c) row[first + c] = from[c * samples + n];
      std::fill(row + first + count, row + end, Scalar(0));
    });
  }
  void clear_filling() const {}  // of samples, as in Planes: there is none
  /// Writes the channels as planes of these pixels.
  void give(Scalar* to, Colour colour = Colour::all) const {
    const Eigen::Index step = plane(colour);
    for_each_square(
        colour, channels,
        [&](const Scalar* rows, Eigen::Index place, Eigen::Index c) {
          transpose_square(rows + c, stride(), Lanes<Scalar>::width, to + c * step + place, step);
        },
        [&](const Scalar* row, Eigen::Index place, Eigen::Index c) { to[c * step + place] = row[c]; });
  }
  /// Adds the channels from `first` on to planes.
  void add_to(Scalar* to, Eigen::Index first, Eigen::Index count, Colour colour = Colour::all) const {
    const Eigen::Index step = plane(colour);
    constexpr Eigen::Index lanes = Lanes<Scalar>::width;
    for_each_square(
        colour, count,
        [&](const Scalar* rows, Eigen::Index place, Eigen::Index c) {
          Scalar square[static_cast<std::size_t>(lanes * lanes)];
          transpose_square(rows + first + c, stride(), lanes, square, lanes);
          for (Eigen::Index i = 0; i < lanes; ++i) {
            Scalar* const at = to + (c + i) * step + place;
            (Lanes<Scalar>::load(at) + Lanes<Scalar>::load(square + i * lanes)).store(at);
          }
        },
        [&](const Scalar* row, Eigen::Index place, Eigen::Index c) {
          to[c * step + place] += row[first + c];
        });
  }
  /// Adds the sum over all pixels to one number a sample for each channel from `first` on.
  void add_sums_to(Scalar* to, Eigen::Index first, Eigen::Index count) const {
    for_each_row(Colour::all, [&](const Scalar* row, Eigen::Index, Eigen::Index n) {
      for (Eigen::Index c = 0; c < count; ++c) to[c * samples + n] += row[first + c];
    });
  }

 private:
  // Numbers of a plane of the batch.
  Eigen::Index plane(Colour colour) const {
    return height * width / (colour == Colour::all ? 1 : 2) * samples;
  }
  // The end of a row to be filled after channel last - 1.
  Eigen::Index end_of(Eigen::Index last) const { return last == channels ? stride() : last; }

  // Splits the first `count` channels of the rows of these pixels into squares of as many rows and channels as a vector
  // has, and the rest, which is all of a checkerboard. Calls square(first row, place in a plane, first channel) and
  // rest(row, place, channel). A plane is as long as a power of two in many images: numbers that are written one to a
  // plane would meet in one set of the cache.
  template <class Square, class Rest>
  void for_each_square(Colour colour, Eigen::Index count, const Square& square, const Rest& rest) const {
    if (colour != Colour::all) {
      for_each_row(colour, [&](Scalar* row, Eigen::Index place, Eigen::Index) {
        for (Eigen::Index c = 0; c < count; ++c) rest(row, place, c);
      });
      return;
    }
    constexpr Eigen::Index lanes = Lanes<Scalar>::width;
    const Eigen::Index rows = line_rows(), whole_rows = rows / lanes * lanes, whole = count / lanes * lanes;
    for (Eigen::Index y = 0; y < height; ++y) {
      Scalar* const line = pixel(y, 0);
      for (Eigen::Index c = 0; c < whole; c += lanes)
        for (Eigen::Index row = 0; row < whole_rows; row += lanes)
          square(line + row * stride(), y * rows + row, c);
      for (Eigen::Index c = 0; c < count; ++c)
        for (Eigen::Index row = c < whole ? whole_rows : 0; row < rows; ++row)
          rest(line + row * stride(), y * rows + row, c);
    }
  }

  // Calls body(row, place in a plane, sample) for these pixels of every sample.
  template <class Body>
  void for_each_row(Colour colour, const Body& body) const {
    for_each_pixel(colour, height, width, [&](Eigen::Index at, Eigen::Index place) {
      Scalar* row = pixel(at / width, at % width);
      for (Eigen::Index n = 0; n < samples; ++n, row += stride()) body(row, place * samples + n, n);
    });
  }
};

}  // namespace nets

}  // namespace eigenflow
