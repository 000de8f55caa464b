#pragma once

#include <Eigen/Core>
#include <memory>
#include <span>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/kernel/dense.hpp"
#include "eigenflow/nets/kernel/panels.hpp"
#include "eigenflow/nets/network.hpp"

namespace eigenflow::nets {

/// The backward pass: from the cotangents of the results to those of the inputs, part by part, then the gradients of
/// the weights.
template <class Scalar>
class BatchVjp {
 public:
  BatchVjp(const Network& network, const NetworkTape<Scalar>& tape, const Pass& pass)
      : network_(network), tape_(tape), arena_(*pass.arena) {
    const auto panels = [&](Eigen::Index columns) {
      return Panels<Scalar>::allocate(arena_, tape.input.rows, columns);
    };
    grad_input_ = panels(network.layers.front().in);
    grads_ = arena_.allocate<Panels<Scalar>>(network.layers.size());
    sums_ = arena_.allocate<ColumnSums<Scalar>>(network.layers.size());
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      std::construct_at(grads_ + i, panels(network.layers[i].out));
      std::construct_at(sums_ + i, network.layers[i].out, arena_);
    }
    gates_ = arena_.allocate<Gate>(network.gates.size());
    for (std::size_t k = 0; k < network.gates.size(); ++k) {
      const Eigen::Index width = network.gates[k].out;
      std::construct_at(
          gates_ + k,
          Gate{panels(network.gates[k].in), panels(width), panels(width), {width, arena_}, {width, arena_}});
    }
  }

  /// ∂loss/∂result for columns first .. last - 1, from a column-major batch.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index last) {
    const std::size_t i = network_.last();
    grads_[i].take(from, first, last);
    for (Eigen::Index panel = 0; panel < grads_[i].count(); ++panel)
      sums_[i].add(grads_[i], panel, first, last, [](Eigen::Index, Number g) { return g; });
  }

  /// Computes ∂loss/∂(results of the layer before) in the columns of `part` from ∂loss/∂(results of layer i) in its
  /// depth.
  void retreat(std::size_t i, const Part& part) {
    const Panels<Scalar>& to = i == 0 ? grad_input_ : grads_[i - 1];
    if (i > 0 && network_.streams(i - 1)) sums_[i - 1].add(sums_[i + 1], part.first, part.last);
    const bool fused = i > 0 && relu_alone(i - 1);  // the product itself applies the derivative
    dense_grad_x(of_product(i), tape_.weights[i], to, part,
                 fused ? tape_.sites[i - 1].derivative_from.data : nullptr, fused ? sums_ + (i - 1) : nullptr,
                 arena_, [&](Eigen::Index panel) {
                   if (i > 0 && !fused) finish(i - 1, panel, part.first, part.last);
                 });
  }

  /// Adds ∂loss/∂input for columns first .. last - 1 to a column-major batch.
  void add_to(Scalar* to, Eigen::Index first, Eigen::Index last) const {
    grad_input_.add_to(to, first, last);
    const Eigen::Index start = network_.first_gate_input();
    for (std::size_t k = 0; k < network_.gates.size() && last > start; ++k)
      gates_[k].input.add_to(to + (start - first) * grad_input_.rows, 0, last - start);
  }

  /// Adds ∂loss/∂(W, b) of layer i, once the cotangents of all of its results are known.
  void add_weight_gradient(std::size_t i, std::span<Scalar> grad) const {
    if (grad.empty()) return;
    const DenseLayer& layer = network_.layers[i];
    auto g = view_parameters(layer, layer.segment(grad));
    const Panels<Scalar>& input = i == 0 ? tape_.input : tape_.sites[i - 1].value;
    (network_.gated(i) ? gates_[Network::gate_of(i)].product_sums : sums_[i]).give(g.bias.data());
    if (layer.reach.empty()) {
      dense_grad_w<Scalar>(input, of_product(i), g.weight.data(), layer.forward_parts, arena_);
      return;
    }
    const ArenaScope scope(arena_);
    const Eigen::Index size = layer.in * layer.out;
    MatrixMap<Scalar> whole(arena_.allocate<Scalar>(static_cast<std::size_t>(size)), layer.in, layer.out);
    whole.setZero();
    dense_grad_w<Scalar>(input, grads_[i], whole.data(), layer.forward_parts, arena_);
    for (Eigen::Index k = 0; k < layer.out; ++k)
      g.weight.col(k).head(layer.reach_of(k)) += whole.col(k).head(layer.reach_of(k));
  }

  /// Adds ∂loss/∂(W, b) of gate k and computes the cotangents of its inputs, once its block has been passed.
  void retreat_gate(std::size_t k, std::span<Scalar> grad) {
    const DenseLayer& layer = network_.gates[k];
    const Gate& gate = gates_[k];
    if (!grad.empty()) {
      auto g = view_parameters(layer, layer.segment(grad));
      gate.gate_sums.give(g.bias.data());
      dense_grad_w<Scalar>(tape_.gate_input, gate.gate, g.weight.data(), layer.forward_parts, arena_);
    }
    for (const Part& part : layer.backward_parts)
      dense_grad_x<Scalar>(gate.gate, tape_.weights[network_.layers.size() + k], gate.input, part, nullptr,
                           nullptr, arena_, [](Eigen::Index) {});
  }

 private:
  using Number = Lanes<Scalar>;

  // Cotangents of a block's gate: of its inputs, of c W + b, of the product that it scales.
  struct Gate {
    Panels<Scalar> input, gate, product;
    ColumnSums<Scalar> gate_sums, product_sums;
  };

  // The cotangents of x W + b in layer i, before its gate and sum.
  const Panels<Scalar>& of_product(std::size_t i) const {
    return network_.gated(i) ? gates_[Network::gate_of(i)].product : grads_[i];
  }

  // True if there is only a relu between layer i and the next.
  bool relu_alone(std::size_t i) const {
    return network_.activation == Activation::relu && network_.layers[i + 1].activates &&
           !tape_.sites[i].mask && !network_.streams(i);
  }

  void finish(std::size_t i, Eigen::Index panel, Eigen::Index first, Eigen::Index last) const {
    const Site<Scalar>& site = tape_.sites[i];
    const Panels<Scalar>& grad = grads_[i];
    if (site.mask)
      grad.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
        (Number::load(grad.data + n) * Number::load(site.mask + n)).store(grad.data + n);
      });
    if (network_.layers[i + 1].activates)
      detail::with_activation(network_.activation, network_.negative_slope, [&](auto function) {
        sums_[i].add(grad, panel, first, last, [&](Eigen::Index n, Number g) {
          return function.scale(g, Number::load(site.derivative_from.data + n));
        });
      });
    else
      sums_[i].add(grad, panel, first, last, [](Eigen::Index, Number g) { return g; });
    if (network_.streams(i)) {
      const Scalar* const stream = grads_[i + 2].data;  // which has been summed already
      grad.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
        (Number::load(grad.data + n) + Number::load(stream + n)).store(grad.data + n);
      });
    }
    if (network_.gated(i)) pass_gate(site, grad, gates_[Network::gate_of(i)], panel, first, last);
  }

  // Of h + s ⊙ p with s = σ(a): grad_p = grad ⊙ s, grad_a = grad ⊙ p ⊙ s (1 - s).
  static void pass_gate(const Site<Scalar>& site, const Panels<Scalar>& grad, const Gate& gate,
                        Eigen::Index panel, Eigen::Index first, Eigen::Index last) {
    gate.product_sums.add(gate.product, panel, first, last, [&](Eigen::Index n, Number) {
      return Number::load(grad.data + n) * Number::load(site.gate.data + n);
    });
    gate.gate_sums.add(gate.gate, panel, first, last, [&](Eigen::Index n, Number) {
      const Number s = Number::load(site.gate.data + n);
      return Number::load(gate.product.data + n) * Number::load(site.gated.data + n) * (Number(1) - s);
    });
  }

  const Network& network_;
  const NetworkTape<Scalar>& tape_;
  Arena& arena_;
  Panels<Scalar> grad_input_{};
  Panels<Scalar>* grads_;
  ColumnSums<Scalar>* sums_;
  Gate* gates_;
};

}  // namespace eigenflow::nets
