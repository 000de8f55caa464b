#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "eigenflow/authoring/list.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/kernel/panels.hpp"

// What every conditioner made of dense layers shares: the network, and what its passes leave for each other.
// The passes (network_forward, network_row, network_vjp) advance part by part, so that a masked network can
// be evaluated feature by feature.

namespace eigenflow::nets {

struct Network {
  List<DenseLayer> layers;
  Activation activation = Activation::relu;
  double dropout = 0;
  double negative_slope = 0.01;

  std::size_t last() const { return layers.size() - 1; }
  /// Whether the results of layer i are added to those of layer i + 2, and so must stay.
  bool streams(std::size_t i) const { return i + 2 < layers.size() && layers[i + 2].adds; }
};

/// What lies between two dense layers, as a batch.
template <class Scalar>
struct Site {
  Panels<Scalar> result;           // of the layer before, with what a block adds
  Panels<Scalar> activated;        // where nothing else needs the results, in their place
  Panels<Scalar> value;            // ... with dropout: the input of the layer after
  Panels<Scalar> derivative_from;  // results or activated, as the activation wants
  const Scalar* mask;              // of dropout, factor by factor; null without
};

template <class Scalar>
struct NetworkTape {
  Panels<Scalar> input;
  const Site<Scalar>* sites;     // one behind each layer but the last
  const Scalar* const* weights;  // as the products take them
};

}  // namespace eigenflow::nets
