#pragma once

#include <Eigen/Core>
#include <algorithm>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/numerics/piece_count.hpp"

namespace eigenflow::nets {

/// A batch of images inside a narrow network, whose channels would leave most of a vector empty (see Pixels for wide
/// ones). The samples of a number are side by side, filled to whole vectors with copies of the last; then come the
/// channels of a pixel, then the pixels.
template <class Scalar>
struct Planes {
  Scalar* data;
  Eigen::Index samples, height, width, channels;

  static Planes allocate(Arena& arena, Eigen::Index samples, Eigen::Index height, Eigen::Index width,
                         Eigen::Index channels) {
    Planes planes{nullptr, samples, height, width, channels};
    planes.data = arena.allocate<Scalar>(static_cast<std::size_t>(planes.size()));
    return planes;
  }
  /// Other images of the same size.
  Planes like(Arena& arena, Eigen::Index other_channels) const {
    return allocate(arena, samples, height, width, other_channels);
  }

  Eigen::Index pixels() const { return height * width; }
  /// From one number to the next.
  Eigen::Index stride() const {
    return detail::piece_count(samples, Lanes<Scalar>::width) * Lanes<Scalar>::width;
  }
  Eigen::Index size() const { return pixels() * channels * stride(); }
  /// The samples of channel c of a pixel.
  Scalar* at(Eigen::Index pixel, Eigen::Index c) const { return data + (pixel * channels + c) * stride(); }

  void fill_margins(Padding) const {}  // a product looks up the pixels that it reads
  template <class Body>
  void for_each_line(const Body& body) const {
    body(Eigen::Index{0}, size());
  }

  /// As in Pixels.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index count, Colour colour = Colour::all) const {
    const Eigen::Index step = plane(colour);
    if (colour != Colour::all)
      for_each_pixel(others(colour), height, width, [&](Eigen::Index pixel, Eigen::Index) {
        std::fill_n(at(pixel, first), count * stride(), Scalar(0));
      });
    for_each_pixel(colour, height, width, [&](Eigen::Index pixel, Eigen::Index place) {
      for (Eigen::Index c = 0; c < count; ++c)
        take_samples(from + c * step + place * samples, at(pixel, first + c));
    });
  }
  void take_broadcast(const Scalar* from, Eigen::Index first, Eigen::Index count) const {
    for (Eigen::Index pixel = 0; pixel < pixels(); ++pixel)
      for (Eigen::Index c = 0; c < count; ++c) take_samples(from + c * samples, at(pixel, first + c));
  }
  /// Writes zeros where there are no samples: the filling of cotangents.
  void clear_filling() const {
    for (Eigen::Index first = 0; first < size(); first += stride())
      std::fill_n(data + first + samples, stride() - samples, Scalar(0));
  }
  void give(Scalar* to, Colour colour = Colour::all) const {
    const Eigen::Index step = plane(colour);
    for_each_pixel(colour, height, width, [&](Eigen::Index pixel, Eigen::Index place) {
      for (Eigen::Index c = 0; c < channels; ++c)
        std::copy_n(at(pixel, c), samples, to + c * step + place * samples);
    });
  }
  void add_to(Scalar* to, Eigen::Index first, Eigen::Index count, Colour colour = Colour::all) const {
    const Eigen::Index step = plane(colour);
    for_each_pixel(colour, height, width, [&](Eigen::Index pixel, Eigen::Index place) {
      for (Eigen::Index c = 0; c < count; ++c)
        add_samples(at(pixel, first + c), to + c * step + place * samples);
    });
  }
  void add_sums_to(Scalar* to, Eigen::Index first, Eigen::Index count) const {
    for (Eigen::Index pixel = 0; pixel < pixels(); ++pixel)
      for (Eigen::Index c = 0; c < count; ++c) add_samples(at(pixel, first + c), to + c * samples);
  }

 private:
  // Numbers of a plane of the batch.
  Eigen::Index plane(Colour colour) const { return pixels() / (colour == Colour::all ? 1 : 2) * samples; }
  void take_samples(const Scalar* from, Scalar* to) const {
    std::copy_n(from, samples, to);
    std::fill_n(to + samples, stride() - samples, from[samples - 1]);
  }
  void add_samples(const Scalar* from, Scalar* to) const {
    for (Eigen::Index n = 0; n < samples; ++n) to[n] += from[n];
  }
};

}  // namespace eigenflow::nets
