#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/activate.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/kernel/dense_row.hpp"
#include "eigenflow/nets/network.hpp"

namespace eigenflow::nets {

/// A forward pass of one row without a tape. It needs no panels: every layer is a row of sums.
template <class Scalar>
class RowForward {
 public:
  RowForward(const Network& network, std::span<const Scalar> theta, const Pass& pass)
      : network_(network), theta_(theta) {
    Eigen::Index size = network.layers.front().in;
    for (const DenseLayer& layer : network.layers) size += 2 * layer.out;
    if (!network.gates.empty()) size += network.gates.front().out;
    input_ = pass.arena->template allocate<Scalar>(static_cast<std::size_t>(size));
    results_ = pass.arena->template allocate<Scalar*>(2 * network.layers.size());
    values_ = results_ + network.layers.size();
    Scalar* next = input_ + network.layers.front().in;
    for (std::size_t i = 0; i < network.layers.size(); ++i, next += 2 * network.layers[i - 1].out) {
      results_[i] = next;
      values_[i] = network.streams(i) ? next + network.layers[i].out : next;
    }
    gate_ = next;
  }

  void take(const Scalar* from, Eigen::Index first, Eigen::Index last) {
    std::copy(from, from + (last - first), input_ + first);
  }

  void advance(std::size_t i, const Part& part) {
    const DenseLayer& layer = network_.layers[i];
    const auto p = view_parameters(layer, layer.segment(theta_));
    Scalar* const result = results_[i];
    const Scalar* const input = i == 0 ? input_ : values_[i - 1];
    layer.one_row(input, p.weight.data(), p.bias.data(), part, result + part.first);
    if (network_.gated(i)) {
      const DenseLayer& gate = network_.gates[Network::gate_of(i)];
      const auto g = view_parameters(gate, gate.segment(theta_));
      dense_one_row(input_ + network_.first_gate_input(), g.weight.data(), gate.in, g.bias.data(), gate_,
                    gate.in, gate.out);
      activate(Activation::sigmoid, 0, gate_, gate_, gate.out);
      for (Eigen::Index k = part.first; k < part.last; ++k) result[k] *= gate_[k];
    }
    if (layer.adds)
      for (Eigen::Index k = part.first; k < part.last; ++k) result[k] += results_[i - 2][k];
    if (i == network_.last()) return;
    if (!network_.layers[i + 1].activates) {
      if (values_[i] != result) std::copy(result + part.first, result + part.last, values_[i] + part.first);
      return;
    }
    activate(network_.activation, network_.negative_slope, result + part.first, values_[i] + part.first,
             part.columns());
  }

  void give(Scalar* to, Eigen::Index first, Eigen::Index last) const {
    std::copy(results_[network_.last()] + first, results_[network_.last()] + last, to);
  }

  NetworkTape<Scalar> tape() const { return {}; }

 private:
  const Network& network_;
  std::span<const Scalar> theta_;
  Scalar* input_;
  Scalar** results_;
  Scalar** values_;
  Scalar* gate_;
};

}  // namespace eigenflow::nets
