#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "eigenflow/authoring/list.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/kernel/panels.hpp"

// The network of every conditioner made of dense layers, and the data that its passes share. The passes (forward.hpp,
// row.hpp, vjp.hpp) advance part by part, so that a masked network can be evaluated feature by feature.

namespace eigenflow::nets {

struct Network {
  List<DenseLayer> layers;
  Activation activation = Activation::relu;
  double dropout = 0;
  double negative_slope = 0.01;
  // One for each residual block, or none: σ(c W + b), c the last inputs of the network, scales what the block adds.
  List<DenseLayer> gates = {};

  std::size_t last() const { return layers.size() - 1; }
  /// True if the results of layer i are added to those of layer i + 2, so that they must be kept.
  bool streams(std::size_t i) const { return i + 2 < layers.size() && layers[i + 2].adds; }
  /// True if layer i ends a block with a gate.
  bool gated(std::size_t i) const { return !gates.empty() && layers[i].adds; }
  /// The number of that gate: the first layer, then two for each block.
  static std::size_t gate_of(std::size_t i) { return i / 2 - 1; }
  /// The first input that the gates read.
  Eigen::Index first_gate_input() const { return layers.front().in - (gates.empty() ? 0 : gates.front().in); }
};

/// The values between two dense layers, for a batch.
template <class Scalar>
struct Site {
  Panels<Scalar> result;           // of the layer before, including the sum of a block
  Panels<Scalar> activated;        // in place of the results if nothing else needs them
  Panels<Scalar> value;            // ... with dropout: the input of the layer after
  Panels<Scalar> derivative_from;  // results or activated, depending on the activation
  const Scalar* mask;              // of dropout, factor by factor; null without
  Panels<Scalar> gate, gated;      // of a block with a gate: σ(...), and what it scales
};

template <class Scalar>
struct NetworkTape {
  Panels<Scalar> input;
  Panels<Scalar> gate_input;
  const Site<Scalar>* sites;     // one after each layer except the last
  const Scalar* const* weights;  // as the products read them; those of the gates last
};

}  // namespace eigenflow::nets
