#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "eigenflow/activation.hpp"
#include "eigenflow/detail/dense_layer.hpp"
#include "eigenflow/detail/dropout.hpp"
#include "eigenflow/detail/panels.hpp"
#include "eigenflow/tile.hpp"

// What every conditioner made of dense layers shares: the passes of a network, forward (a batch, one row) and
// back. A pass advances part by part, so that a masked network can be evaluated feature by feature.

namespace eigenflow::detail {

struct Network {
  std::vector<DenseLayer> layers;
  Activation activation = Activation::relu;
  double dropout = 0;
  double negative_slope = 0.01;

  /// Appends a layer whose parameters follow those of the last.
  void add(DenseLayer layer) {
    layer.offset = layers.empty() ? 0 : layers.back().offset + layers.back().size();
    layer.cut();
    layers.push_back(std::move(layer));
  }
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

/// A forward pass of a batch.
template <class Scalar>
class BatchForward {
 public:
  BatchForward(const Network& network, std::span<const Scalar> theta, Eigen::Index rows, const Pass& pass)
      : network_(network), theta_(theta) {
    Arena& arena = *pass.arena;
    const auto panels = [&](Eigen::Index columns) { return Panels<Scalar>::allocate(arena, rows, columns); };
    const std::size_t count = network.layers.size();
    sites_ = arena.allocate<Site<Scalar>>(count);
    weights_ = arena.allocate<const Scalar*>(count);
    input_ = panels(network.layers.front().in);
    for (std::size_t i = 0; i < count; ++i) {
      const DenseLayer& layer = network.layers[i];
      weights_[i] = masked(layer, theta, arena);
      Site<Scalar> site{};
      site.value = site.activated = site.result = panels(layer.out);
      if (i < network.last() && network.layers[i + 1].activates) {
        const bool from_value = derivative_from_value(network.activation);
        if (network.streams(i) || (pass.record && !from_value))
          site.value = site.activated = panels(layer.out);
        site.derivative_from = from_value ? site.activated : site.result;
        if (network.dropout > 0 && pass.dropout && network.layers[i + 1].drops) {
          site.mask = draw_dropout<Scalar>(*pass.dropout, network.dropout, rows, layer.out, arena).data;
          site.value = panels(layer.out);
        }
      }
      std::construct_at(sites_ + i, site);
    }
  }

  /// Columns first .. last - 1 of the input, from a column-major batch.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index last) { input_.take(from, first, last); }

  /// Computes a part of layer i, and of what its next layer takes.
  void advance(std::size_t i, const Part& part) {
    const auto p = view_parameters(network_.layers[i], network_.layers[i].segment(theta_));
    dense(i == 0 ? input_ : sites_[i - 1].value, weights_[i], p.bias.data(), sites_[i].result, part,
          relu_in_place(i), [&](Eigen::Index panel) { finish(i, panel, part.first, part.last); });
  }

  /// Columns first .. last - 1 of the result, to a column-major batch.
  void give(Scalar* to, Eigen::Index first, Eigen::Index last) const {
    sites_[network_.last()].result.give(to, first, last);
  }

  NetworkTape<Scalar> tape() const { return {input_, sites_, weights_}; }

 private:
  using Number = Lanes<Scalar>;

  // The weight itself, or a copy that is zero where the mask is, whatever theta holds there.
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

  // Whether the product itself applies the activation, while its sums are in registers.
  bool relu_in_place(std::size_t i) const {
    return network_.activation == Activation::relu && i < network_.last() &&
           network_.layers[i + 1].activates && !network_.layers[i].adds && !network_.streams(i);
  }

  void finish(std::size_t i, Eigen::Index panel, Eigen::Index first, Eigen::Index last) const {
    const Site<Scalar>& site = sites_[i];
    if (network_.layers[i].adds) {
      const Scalar* const stream = sites_[i - 2].result.data;
      site.result.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
        (Number::load(site.result.data + n) + Number::load(stream + n)).store(site.result.data + n);
      });
    }
    if (i == network_.last() || !network_.layers[i + 1].activates) return;
    if (!relu_in_place(i))
      with_activation(network_.activation, network_.negative_slope, [&](auto function) {
        site.result.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
          function.value(Number::load(site.result.data + n)).store(site.activated.data + n);
        });
      });
    if (!site.mask) return;
    site.result.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
      (Number::load(site.activated.data + n) * Number::load(site.mask + n)).store(site.value.data + n);
    });
  }

  const Network& network_;
  std::span<const Scalar> theta_;
  Panels<Scalar> input_{};
  Site<Scalar>* sites_;
  const Scalar** weights_;
};

/// A forward pass of one row, for which no tape is kept: it needs no panels, every layer is a row of sums.
template <class Scalar>
class RowForward {
 public:
  RowForward(const Network& network, std::span<const Scalar> theta, const Pass& pass)
      : network_(network), theta_(theta) {
    Eigen::Index size = network.layers.front().in;
    for (const DenseLayer& layer : network.layers) size += 2 * layer.out;
    input_ = pass.arena->template allocate<Scalar>(static_cast<std::size_t>(size));
    results_ = pass.arena->template allocate<Scalar*>(2 * network.layers.size());
    values_ = results_ + network.layers.size();
    Scalar* next = input_ + network.layers.front().in;
    for (std::size_t i = 0; i < network.layers.size(); ++i, next += 2 * network.layers[i - 1].out) {
      results_[i] = next;
      values_[i] = network.streams(i) ? next + network.layers[i].out : next;
    }
  }

  void take(const Scalar* from, Eigen::Index first, Eigen::Index last) {
    std::copy(from, from + (last - first), input_ + first);
  }

  void advance(std::size_t i, const Part& part) {
    const DenseLayer& layer = network_.layers[i];
    const auto p = view_parameters(layer, layer.segment(theta_));
    Scalar* const result = results_[i];
    const Scalar* const input = i == 0 ? input_ : values_[i - 1];
    for (Eigen::Index first = part.first; first < part.last;) {  // columns that read the same inputs
      const Eigen::Index last = std::min(layer.same_reach_until(first), part.last);
      dense_one_row(input, p.weight.data() + first * layer.in, layer.in, p.bias.data() + first,
                    result + first, layer.reach_of(first), last - first);
      first = last;
    }
    if (layer.adds)
      for (Eigen::Index k = part.first; k < part.last; ++k) result[k] += results_[i - 2][k];
    if (i == network_.last()) return;
    if (!network_.layers[i + 1].activates) {
      if (values_[i] != result) std::copy(result + part.first, result + part.last, values_[i] + part.first);
      return;
    }
    with_activation(network_.activation, network_.negative_slope, [&](auto function) {
      for (const RowStep<Scalar> step : RowSteps<Scalar>(part.columns()))
        step.store(values_[i] + part.first, function.value(step.load(result + part.first)));
    });
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
};

/// The pass back: cotangents of results become those of inputs, part by part as well, then weights'
/// gradients.
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
  }

  /// ∂loss/∂result for columns first .. last - 1, from a column-major batch.
  void take(const Scalar* from, Eigen::Index first, Eigen::Index last) {
    const std::size_t i = network_.last();
    grads_[i].take(from, first, last);
    for (Eigen::Index panel = 0; panel < grads_[i].count(); ++panel)
      sums_[i].add(grads_[i], panel, first, last, [](Eigen::Index, Number g) { return g; });
  }

  /// From ∂loss/∂(results of layer i) in the depth of `part`, to ∂loss/∂(results of the layer before) in its
  /// columns.
  void retreat(std::size_t i, const Part& part) {
    const Panels<Scalar>& to = i == 0 ? grad_input_ : grads_[i - 1];
    if (i > 0 && network_.streams(i - 1)) sums_[i - 1].add(sums_[i + 1], part.first, part.last);
    const bool gated = i > 0 && relu_alone(i - 1);  // the product itself applies the derivative
    dense_grad_x(grads_[i], tape_.weights[i], to, part,
                 gated ? tape_.sites[i - 1].derivative_from.data : nullptr, gated ? sums_ + (i - 1) : nullptr,
                 arena_, [&](Eigen::Index panel) {
                   if (i > 0 && !gated) finish(i - 1, panel, part.first, part.last);
                 });
  }

  /// Adds ∂loss/∂input for columns first .. last - 1 to a column-major batch.
  void add_to(Scalar* to, Eigen::Index first, Eigen::Index last) const {
    grad_input_.add_to(to, first, last);
  }

  /// Adds ∂loss/∂(W, b) of layer i, once all of its results' cotangents are there.
  void add_weight_gradient(std::size_t i, std::span<Scalar> grad) const {
    if (grad.empty()) return;
    const DenseLayer& layer = network_.layers[i];
    auto g = view_parameters(layer, layer.segment(grad));
    const Panels<Scalar>& input = i == 0 ? tape_.input : tape_.sites[i - 1].value;
    sums_[i].give(g.bias.data());
    if (layer.reach.empty()) {
      dense_grad_w<Scalar>(input, grads_[i], g.weight.data(), layer.forward_parts, arena_);
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

 private:
  using Number = Lanes<Scalar>;

  // Whether a relu is all that lies between layer i and the next.
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
      with_activation(network_.activation, network_.negative_slope, [&](auto function) {
        sums_[i].add(grad, panel, first, last, [&](Eigen::Index n, Number g) {
          return function.scale(g, Number::load(site.derivative_from.data + n));
        });
      });
    else
      sums_[i].add(grad, panel, first, last, [](Eigen::Index, Number g) { return g; });
    if (!network_.streams(i)) return;
    const Scalar* const stream = grads_[i + 2].data;  // whose sums are there already
    grad.for_each_vector_of(panel, first, last, [&](Eigen::Index n) {
      (Number::load(grad.data + n) + Number::load(stream + n)).store(grad.data + n);
    });
  }

  const Network& network_;
  const NetworkTape<Scalar>& tape_;
  Arena& arena_;
  Panels<Scalar> grad_input_{};
  Panels<Scalar>* grads_;
  ColumnSums<Scalar>* sums_;
};

}  // namespace eigenflow::detail
