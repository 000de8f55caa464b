#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <string>
#include <utility>

#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/dropout.hpp"
#include "eigenflow/nets/network.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/error.hpp"

// The construction of a network.

namespace eigenflow::nets {

/// Divides the products of a layer into parts. Without a mask there is one part. With a mask, each part has enough
/// columns to fill the registers of the kernel, and skips the inputs that none of its columns reads.
inline void cut(DenseLayer& layer) {
  constexpr Eigen::Index enough = 16;
  const auto cut_at = [&](Eigen::Index size, const auto& same, const auto& part) {
    for (Eigen::Index first = 0; first < size;) {
      Eigen::Index last = layer.reach.empty() ? size : std::min(first + enough, size);
      while (last < size && same(last)) ++last;
      part(first, last);
      first = last;
    }
  };
  layer.forward_parts.clear();
  layer.backward_parts.clear();
  cut_at(
      layer.out, [&](Eigen::Index k) { return layer.reach_of(k) == layer.reach_of(k - 1); },
      [&](Eigen::Index first, Eigen::Index last) {
        layer.forward_parts.push_back({first, last, 0, layer.reach_of(last - 1)});
      });
  cut_at(
      layer.in, [&](Eigen::Index i) { return layer.first_reader(i) == layer.first_reader(i - 1); },
      [&](Eigen::Index first, Eigen::Index last) {
        layer.backward_parts.push_back(layer.readers_of(first, last));
      });
}

/// Appends a layer to the network's `layers` or `gates`. Its parameters follow those of the last. Throws
/// std::invalid_argument if the number of parameters overflows.
inline void append(Network& network, List<DenseLayer> Network::*list, DenseLayer layer) {
  if (!network.layers.empty()) {
    const DenseLayer& last = network.gates.empty() ? network.layers.back() : network.gates.back();
    layer.offset = last.offset + last.size();
  }
  if (detail::saturating_sum(layer.offset, layer.size()) == detail::largest_count)
    detail::reject("a network with a dense layer from " + std::to_string(layer.in) + " to " +
                   std::to_string(layer.out) +
                   " units has more parameters than any memory holds: make it narrower");
  cut(layer);
  (network.*list).push_back(std::move(layer));
}

/// The network of some options, whose `dense_layers(in, out, add)` passes its dense layers to `add`, first to last; and
/// `gate_layers(add)` those of its gates, if it may have any.
template <class Options>
Network make_network(const Options& options, Eigen::Index in, Eigen::Index out) {
  Network network{{},
                  options.activation,
                  checked_dropout(options.dropout),
                  detail::checked_negative_slope(options.negative_slope)};
  options.dense_layers(in, out,
                       [&](DenseLayer layer) { append(network, &Network::layers, std::move(layer)); });
  if constexpr (requires { options.gate_layers([](const DenseLayer&) {}); })
    options.gate_layers([&](DenseLayer layer) {
      if (layer.in > in)
        detail::reject("gates cannot read the last " + detail::counted(layer.in, "input") +
                       " of a network that has " + std::to_string(in));
      append(network, &Network::gates, std::move(layer));
    });
  return network;
}

}  // namespace eigenflow::nets
