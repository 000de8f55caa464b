#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <memory>
#include <span>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/activate.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/dropout.hpp"
#include "eigenflow/nets/kernel/dense.hpp"
#include "eigenflow/nets/kernel/panels.hpp"
#include "eigenflow/nets/network.hpp"

namespace eigenflow::nets {

/// A forward pass of a batch. One row that is recorded has the products of RowForward (row.hpp), so that a density has the
/// same bits with and without its gradient.
template <class Scalar>
class BatchForward {
 public:
  BatchForward(const Network& network, std::span<const Scalar> theta, Eigen::Index rows, const Pass& pass)
      : network_(network), theta_(theta) {
    Arena& arena = *pass.arena;
    const auto panels = [&](Eigen::Index columns) { return Panels<Scalar>::allocate(arena, rows, columns); };
    const std::size_t count = network.layers.size();
    sites_ = arena.allocate<Site<Scalar>>(count);
    weights_ = arena.allocate<const Scalar*>(count + network.gates.size());
    input_ = panels(network.layers.front().in);
    if (!network.gates.empty()) gate_input_ = panels(network.gates.front().in);
    if (rows == 1) row_ = arena.allocate<Scalar>(static_cast<std::size_t>(row_size()));
    for (std::size_t k = 0; k < network.gates.size(); ++k)
      weights_[count + k] = network.gates[k].segment(theta).data();
    for (std::size_t i = 0; i < count; ++i) {
      const DenseLayer& layer = network.layers[i];
      weights_[i] = masked(layer, theta, arena);
      Site<Scalar> site{};
      site.value = site.activated = site.result = panels(layer.out);
      if (i < network.last() && network.layers[i + 1].activates) {
        const bool from_value = detail::derivative_from_value(network.activation);
        if (network.streams(i) || (pass.record && !from_value))
          site.value = site.activated = panels(layer.out);
        site.derivative_from = from_value ? site.activated : site.result;
        if (network.dropout > 0 && pass.dropout && network.layers[i + 1].drops) {
          site.mask = draw_dropout<Scalar>(*pass.dropout, network.dropout, rows, layer.out, arena).data;
          site.value = panels(layer.out);
        }
      }
      if (network.gated(i)) {
        site.gate = panels(layer.out);
        site.gated = panels(layer.out);
      }
      std::construct_at(sites_ + i, site);
    }
  }

  /// Columns first .. last - 1 of the input, from a column-major batch.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index last) {
    input_.take(from, first, last);
    const Eigen::Index gates = network_.first_gate_input();
    if (last > gates) gate_input_.take(from + (gates - first) * input_.rows, 0, last - gates);
  }

  /// Computes a part of layer i, and of the input of the next layer.
  void advance(std::size_t i, const Part& part) {
    if (network_.gated(i)) open_gate(i);
    const DenseLayer& layer = network_.layers[i];
    const auto p = view_parameters(layer, layer.segment(theta_));
    const Panels<Scalar>& from = i == 0 ? input_ : sites_[i - 1].value;
    if (row_) {
      one_row(layer, from, weights_[i], p.bias.data(), sites_[i].result, part);
      return finish(i, 0, part.first, part.last);
    }
    dense(from, weights_[i], p.bias.data(), sites_[i].result, part, relu_in_place(i),
          [&](Eigen::Index panel) { finish(i, panel, part.first, part.last); });
  }

  /// Columns first .. last - 1 of the result, to a column-major batch.
  void give(Scalar* to, Eigen::Index first, Eigen::Index last) const {
    sites_[network_.last()].result.give(to, first, last);
  }

  NetworkTape<Scalar> tape() const { return {input_, gate_input_, sites_, weights_}; }

 private:
  using Number = Lanes<Scalar>;

  // The weight itself, or a copy in which masked entries are zero, for any theta.
  static const Scalar* masked(const DenseLayer& layer, std::span<const Scalar> theta, Arena& arena) {
    const Scalar* const weight = layer.segment(theta).data();
    if (layer.reach.empty()) return weight;
    Scalar* const copy = arena.allocate<Scalar>(static_cast<std::size_t>(layer.in * layer.out));
    for (Eigen::Index k = 0; k < layer.out; ++k) {
      const Scalar* const column = weight + k * layer.in;
      Scalar* const end = std::copy_n(column, layer.reach_of(k), copy + k * layer.in);
      std::fill(end, copy + (k + 1) * layer.in, Scalar(0));
    }
    return copy;
  }

  // True if the product itself applies the activation, while its sums are in registers.
  bool relu_in_place(std::size_t i) const {
    return !row_ && network_.activation == Activation::relu && i < network_.last() &&
           network_.layers[i + 1].activates && !network_.layers[i].adds && !network_.streams(i);
  }

  // The longest row that a layer reads, and its results.
  Eigen::Index row_size() const {
    Eigen::Index most = 0;
    for (const DenseLayer& layer : network_.layers) most = std::max(most, layer.in + layer.out);
    for (const DenseLayer& gate : network_.gates) most = std::max(most, gate.in + gate.out);
    return most;
  }

  // A part of the product of a single row. The padding of its panel becomes zero.
  void one_row(const DenseLayer& layer, const Panels<Scalar>& from, const Scalar* weight, const Scalar* bias,
               const Panels<Scalar>& to, const Part& part) const {
    if (part.columns() == 0) return;
    constexpr Eigen::Index height = Panels<Scalar>::height;
    const Eigen::Index read = layer.reach_of(part.last - 1);  // later columns read more
    for (Eigen::Index j = 0; j < read; ++j) row_[j] = from.data[j * height];
    Scalar* const result = row_ + layer.in;
    layer.one_row(row_, weight, bias, part, result);
    for (Eigen::Index k = part.first; k < part.last; ++k) {
      Scalar* const column = to.column(0, k);
      column[0] = result[k - part.first];
      std::fill(column + 1, column + to.filled_rows(), Scalar(0));
    }
  }

  void open_gate(std::size_t i) const {
    const Panels<Scalar>& gate = sites_[i].gate;
    const std::size_t k = Network::gate_of(i);
    const DenseLayer& layer = network_.gates[k];
    const Scalar* const weight = weights_[network_.layers.size() + k];
    const auto p = view_parameters(layer, layer.segment(theta_));
    for (const Part& part : layer.forward_parts) {
      const auto finish_gate = [&](Eigen::Index panel) {
        gate.for_each_run_of(panel, part.first, part.last, [&](Eigen::Index from, Eigen::Index count) {
          activate(Activation::sigmoid, 0, gate.data + from, gate.data + from, count);
        });
      };
      if (row_) {
        one_row(layer, gate_input_, weight, p.bias.data(), gate, part);
        finish_gate(0);
      } else {
        dense(gate_input_, weight, p.bias.data(), gate, part, false, finish_gate);
      }
    }
  }

  void finish(std::size_t i, Eigen::Index panel, Eigen::Index first, Eigen::Index last) const {
    const Site<Scalar>& site = sites_[i];
    if (network_.gated(i))
      site.result.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
        const Number result = Number::load(site.result.data + n);
        result.store(site.gated.data + n);
        (result * Number::load(site.gate.data + n)).store(site.result.data + n);
      });
    if (network_.layers[i].adds) {
      const Scalar* const stream = sites_[i - 2].result.data;
      site.result.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
        (Number::load(site.result.data + n) + Number::load(stream + n)).store(site.result.data + n);
      });
    }
    if (i == network_.last() || !network_.layers[i + 1].activates) return;
    if (!relu_in_place(i))
      site.result.for_each_run_of(panel, first, last, [&](Eigen::Index from, Eigen::Index count) {
        activate(network_.activation, network_.negative_slope, site.result.data + from,
                 site.activated.data + from, count);
      });
    if (!site.mask) return;
    site.result.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
      (Number::load(site.activated.data + n) * Number::load(site.mask + n)).store(site.value.data + n);
    });
  }

  const Network& network_;
  std::span<const Scalar> theta_;
  Panels<Scalar> input_{}, gate_input_{};
  Site<Scalar>* sites_;
  const Scalar** weights_;
  Scalar* row_ = nullptr;  // for a batch of one row: what a layer reads, and its results
};

}  // namespace eigenflow::nets
