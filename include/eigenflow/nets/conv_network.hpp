#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/activate.hpp"
#include "eigenflow/nets/kernel/convolve.hpp"
#include "eigenflow/nets/kernel/convolve_planes.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/nets/kernel/planes.hpp"
#include "eigenflow/nets/pixel_dropout.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/numerics/saturating.hpp"

// The network of every conditioner made of convolutions: what network.hpp is for dense layers.

namespace eigenflow::nets {

/// One convolution of a network: result = conv(x) + b.
struct ConvLayer {
  Convolution shape;
  bool activates;           // x is the activation of the input
  bool drops = false;       // ... with dropout in training
  bool adds = false;        // add the input of the layer before: the end of a residual block
  double start = 2;         // W and b start uniform in ±start/√(taps · in)
  Eigen::Index offset = 0;  // in the network's theta

  template <class Visitor>
  struct Parameters {
    typename Visitor::Matrix weight;  ///< out × (taps · in): inputs, then taps, line by line
    typename Visitor::Vector bias;
  };
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.matrix("weight", self.shape.out, self.depth()), visit.vector("bias", self.shape.out)};
  }

  /// Inputs of all taps.
  Eigen::Index depth() const { return detail::saturating_product(shape.taps(), shape.in); }
  Eigen::Index size() const {
    return detail::saturating_product(detail::saturating_sum(depth(), 1), shape.out);
  }
  template <class S>
  std::span<S> segment(std::span<S> theta) const {
    return theta.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size()));
  }
  template <class Scalar>
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    const auto most = static_cast<Scalar>(start / std::sqrt(static_cast<double>(depth())));
    for (Scalar& value : segment(theta)) value = start == 0 ? 0 : most * (2 * rng.uniform<Scalar>() - 1);
  }
};

/// A network of convolutions. Its inputs are N × (planes · pixels + broadcast), its results N × (channels · pixels): column
/// c P + p is pixel p of channel c.
struct ConvNetwork {
  List<ConvLayer> layers;
  Eigen::Index height, width;
  Colour checkerboard = Colour::all;  // of the planes among the inputs; results have the other pixels
  Eigen::Index broadcast = 0;         // how many of the last inputs are one number a sample each
  Activation activation = Activation::relu;
  double dropout = 0;
  double negative_slope = 0.01;

  std::size_t last() const { return layers.size() - 1; }
  /// Numbers of a plane of one sample, among the inputs and the results.
  Eigen::Index pixels() const { return height * width / (checkerboard == Colour::all ? 1 : 2); }
  /// Inputs that are planes.
  Eigen::Index planes() const { return layers.front().shape.in - broadcast; }
  /// True if the hidden channels leave half of a vector empty or more. Then vectors hold samples, not channels: see Planes.
  template <class Scalar>
  bool narrow() const {
    Eigen::Index widest = 0;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, last()); ++i)
      widest = std::max(widest, layers[i].shape.out);
    return 2 * widest <= Lanes<Scalar>::width;
  }
  /// True if the results of layer i are added to those of layer i + 2, so that they must be kept.
  bool streams(std::size_t i) const { return i + 2 < layers.size() && layers[i + 2].adds; }
  /// True if nothing but a relu is between layer i and the next.
  bool relu_alone(std::size_t i) const {
    return activation == Activation::relu && i < last() && layers[i + 1].activates && !layers[i].adds &&
           !streams(i);
  }
};

/// The values between two convolutions, for a batch.
template <class Images>
struct ConvSite {
  Images result;                // of the layer before, including the sum of a block
  Images activated;             // in place of the results if nothing else needs them
  Images value;                 // ... with dropout: the input of the layer after
  Images derivative_from;       // results or activated, depending on the activation
  decltype(Images::data) mask;  // of dropout, factor by factor; null without
};

/// A batch of images inside a network, and what it keeps of them, as Pixels or as Planes.
template <class Images>
struct ConvImages {
  Images input;
  ConvSite<Images>* sites;  // one after each layer
};

template <class Scalar>
struct ConvTape {
  ConvImages<Pixels<Scalar>> wide;    // of a network whose channels fill vectors,
  ConvImages<Planes<Scalar>> narrow;  // or of another one
};

/// A forward pass of a batch: writes the results of `input` to `result`, and returns the tape.
template <template <class> class Images, class Scalar>
ConvImages<Images<Scalar>> conv_forward(const ConvNetwork& network, std::span<const Scalar> theta,
                                        const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
                                        const Pass& pass) {
  using Number = Lanes<Scalar>;
  using Site = ConvSite<Images<Scalar>>;
  Arena& arena = *pass.arena;
  const auto x = Images<Scalar>::allocate(arena, input.rows(), network.height, network.width,
                                          network.layers.front().shape.in);
  Site* const sites = arena.allocate<Site>(network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    Site site{};
    if (i < network.last())
      site.value = site.activated = site.result = x.like(arena, network.layers[i].shape.out);
    if (i < network.last() && network.layers[i + 1].activates) {
      const bool from_value = detail::derivative_from_value(network.activation);
      if (network.streams(i) || (pass.record && !from_value))
        site.value = site.activated = x.like(arena, network.layers[i].shape.out);
      site.derivative_from = from_value ? site.activated : site.result;
      if (network.dropout > 0 && pass.dropout && network.layers[i + 1].drops) {
        site.mask = draw_pixel_dropout(*pass.dropout, network.dropout, site.result, arena);
        site.value = x.like(arena, network.layers[i].shape.out);
      }
    }
    std::construct_at(sites + i, site);
  }

  x.take(input.data(), 0, network.planes(), network.checkerboard);
  x.take_broadcast(input.data() + network.planes() * network.pixels() * input.rows(), network.planes(),
                   network.broadcast);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const ConvLayer& layer = network.layers[i];
    const ArenaScope scope(arena);
    Site& site = sites[i];
    if (i == network.last()) site.result = x.like(arena, layer.shape.out);  // given at once
    const Images<Scalar>& from = i == 0 ? x : sites[i - 1].value;
    const auto p = view_parameters(layer, layer.segment(theta));
    from.fill_margins(layer.shape.padding);
    convolve(layer.shape, from, pack_forward(x, layer.shape, p.weight.data(), arena), p.bias.data(),
             network.relu_alone(i), site.result, arena);
    site.result.for_each_line([&](Eigen::Index first, Eigen::Index count) {
      const auto each = [&](const auto& body) {
        for (Eigen::Index n = first; n < first + count; n += Number::width) body(n);
      };
      if (layer.adds)
        each([&](Eigen::Index n) {
          (Number::load(site.result.data + n) + Number::load(sites[i - 2].result.data + n))
              .store(site.result.data + n);
        });
      if (i == network.last() || !network.layers[i + 1].activates) return;
      if (!network.relu_alone(i))
        activate(network.activation, network.negative_slope, site.result.data + first,
                 site.activated.data + first, count);
      if (site.mask)
        each([&](Eigen::Index n) {
          (Number::load(site.activated.data + n) * Number::load(site.mask + n)).store(site.value.data + n);
        });
    });
    if (i == network.last()) site.result.give(result.data(), others(network.checkerboard));
  }
  return {x, sites};
}

/// The backward pass: adds ∂loss/∂theta to `grad` (unless empty) and ∂loss/∂input to grad_input.
template <template <class> class Images, class Scalar>
void conv_vjp(const ConvNetwork& network, std::span<const Scalar> theta, std::span<Scalar> grad,
              const ConvImages<Images<Scalar>>& tape, const ConstMatrixMap<Scalar>& grad_result,
              MatrixMap<Scalar>& grad_input, const Pass& pass) {
  using Number = Lanes<Scalar>;
  Arena& arena = *pass.arena;
  Images<Scalar>* const grads = arena.allocate<Images<Scalar>>(network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i)
    std::construct_at(grads + i, tape.input.like(arena, network.layers[i].shape.out));
  grads[network.last()].take(grad_result.data(), 0, network.layers.back().shape.out,
                             others(network.checkerboard));
  grads[network.last()].clear_filling();
  for (std::size_t i = network.layers.size(); i-- > 0;) {
    const ConvLayer& layer = network.layers[i];
    if (!grad.empty()) {
      auto g = view_parameters(layer, layer.segment(grad));
      convolve_grad_w(layer.shape, i == 0 ? tape.input : tape.sites[i - 1].value, grads[i], g.weight.data(),
                      arena);
      convolve_grad_b(grads[i], g.bias.data());
    }
    const ArenaScope scope(arena);
    const Images<Scalar> to = i == 0 ? tape.input.like(arena, layer.shape.in) : grads[i - 1];
    const auto p = view_parameters(layer, layer.segment(theta));
    grads[i].fill_margins(layer.shape.padding);
    convolve(layer.shape.transposed(), grads[i], pack_backward(to, layer.shape, p.weight.data(), arena),
             static_cast<const Scalar*>(nullptr), false, to, arena);
    if (i == 0) {
      to.add_to(grad_input.data(), 0, network.planes(), network.checkerboard);
      to.add_sums_to(grad_input.data() + network.planes() * network.pixels() * grad_input.rows(),
                     network.planes(), network.broadcast);
      return;
    }
    const ConvSite<Images<Scalar>>& site = tape.sites[i - 1];
    to.for_each_line([&](Eigen::Index first, Eigen::Index count) {
      const auto each = [&](const auto& change) {
        for (Eigen::Index n = first; n < first + count; n += Number::width)
          change(n, Number::load(to.data + n)).store(to.data + n);
      };
      if (site.mask) each([&](Eigen::Index n, Number g) { return g * Number::load(site.mask + n); });
      if (layer.activates)
        detail::with_activation(network.activation, network.negative_slope, [&](auto function) {
          each([&](Eigen::Index n, Number g) {
            return function.scale(g, Number::load(site.derivative_from.data + n));
          });
        });
      if (network.streams(i - 1))
        each([&](Eigen::Index n, Number g) { return g + Number::load(grads[i + 1].data + n); });
    });
  }
}

}  // namespace eigenflow::nets
