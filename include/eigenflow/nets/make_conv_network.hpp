#pragma once

#include <Eigen/Core>
#include <string>
#include <utility>

#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/conv_network.hpp"
#include "eigenflow/nets/dropout.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/error.hpp"

// The construction of a network of convolutions.

namespace eigenflow::nets {

/// The network from `in` to `out` numbers of a row that options describe: their `conv_layers(in, out, add)` passes its
/// convolutions, from `in` to `out` channels, to `add`. Throws std::invalid_argument, with `what` as the subject, unless the
/// numbers fill whole planes and the options are in range.
template <class Options>
ConvNetwork make_conv_network(const std::string& what, const Options& options, Eigen::Index in,
                              Eigen::Index out) {
  if (options.height < 1 || options.width < 1)
    detail::reject(what + " needs planes of one pixel or more, but got " + std::to_string(options.height) +
                   " x " + std::to_string(options.width) + ": give .height and .width");
  if (options.broadcast < 0 || options.broadcast > in)
    detail::reject(what + " of " + std::to_string(in) + " inputs cannot broadcast " +
                   std::to_string(options.broadcast) + " of them");
  const Eigen::Index of_planes = in - options.broadcast;
  const bool half = options.checkerboard != Colour::all;
  const Eigen::Index whole = detail::saturating_product(options.height, options.width),
                     pixels = half ? whole / 2 : whole;
  if (half && whole % 2 != 0)
    detail::reject(what + " on a checkerboard needs an even number of pixels, but got " +
                   std::to_string(options.height) + " x " + std::to_string(options.width));
  if (of_planes % pixels != 0 || out % pixels != 0)
    detail::reject(what + " on " + std::to_string(options.height) + " x " + std::to_string(options.width) +
                   " pixels needs " + (half ? "half" : "whole") + " planes of " + std::to_string(pixels) +
                   " numbers, but got " + std::to_string(of_planes) + " inputs" +
                   (options.broadcast > 0 ? " beside those to be broadcast" : "") + " and " +
                   std::to_string(out) +
                   " results: check height, width and the split of the coupling; if a context has single "
                   "numbers, set .broadcast to how many");
  ConvNetwork network{{},
                      options.height,
                      options.width,
                      options.checkerboard,
                      options.broadcast,
                      options.activation,
                      checked_dropout(options.dropout),
                      detail::checked_negative_slope(options.negative_slope)};
  options.conv_layers(of_planes / pixels + options.broadcast, out / pixels, [&](ConvLayer layer) {
    if (layer.shape.side != 1 && layer.shape.side != 3)
      detail::reject("the kernels of " + what + " have 1 or 3 pixels a side, but one has " +
                     std::to_string(layer.shape.side));
    if (!network.layers.empty()) layer.offset = network.layers.back().offset + network.layers.back().size();
    if (detail::saturating_sum(layer.offset, layer.size()) == detail::largest_count)
      detail::reject(what + " with a convolution from " + std::to_string(layer.shape.in) + " to " +
                     std::to_string(layer.shape.out) +
                     " channels has more parameters than any memory holds: make it narrower");
    network.layers.push_back(std::move(layer));
  });
  return network;
}

}  // namespace eigenflow::nets
