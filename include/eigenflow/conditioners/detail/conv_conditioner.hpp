#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/nets/conv_network.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// The network of some options on planes, whose `conv_layers(in, out, add)` passes its convolutions to `add`.
template <class Options>
nets::ConvNetwork make_conv_network(const std::string& what, const Options& options, Eigen::Index in,
                                    Eigen::Index out) {
  if (options.height < 1 || options.width < 1)
    reject(what + " needs planes of one pixel or more, but got " + std::to_string(options.height) + " x " +
           std::to_string(options.width) + ": give .height and .width");
  if (options.spread < 0 || options.spread > in)
    reject(what + " of " + std::to_string(in) + " inputs cannot spread " + std::to_string(options.spread) +
           " of them");
  const bool half = options.lattice != nets::Lattice::all;
  const Eigen::Index whole = saturating_product(options.height, options.width),
                     pixels = half ? whole / 2 : whole;
  if (half && whole % 2 != 0)
    reject(what + " on a checkerboard needs an even number of pixels, but got " +
           std::to_string(options.height) + " x " + std::to_string(options.width));
  if ((in - options.spread) % pixels != 0 || out % pixels != 0)
    reject(what + " on " + std::to_string(options.height) + " x " + std::to_string(options.width) +
           " pixels needs " + (half ? "half" : "whole") + " planes of " + std::to_string(pixels) +
           " numbers, but got " + std::to_string(in - options.spread) + " inputs" +
           (options.spread > 0 ? " beside those to be spread" : "") + " and " + std::to_string(out) +
           " results: check height, width and the split of the coupling");
  nets::ConvNetwork network{{},
                            options.height,
                            options.width,
                            options.lattice,
                            options.spread,
                            options.activation,
                            nets::checked_dropout(options.dropout),
                            checked_negative_slope(options.negative_slope)};
  options.conv_layers((in - options.spread) / pixels + options.spread, out / pixels,
                      [&](nets::ConvLayer layer) {
                        if (layer.shape.side != 1 && layer.shape.side != 3)
                          reject("the kernels of " + what + " have 1 or 3 pixels a side, but one has " +
                                 std::to_string(layer.shape.side));
                        if (!network.layers.empty())
                          layer.offset = network.layers.back().offset + network.layers.back().size();
                        if (saturating_sum(layer.offset, layer.size()) == largest_count)
                          reject(what + " with a convolution from " + std::to_string(layer.shape.in) +
                                 " to " + std::to_string(layer.shape.out) +
                                 " channels has more parameters than any memory holds: make it narrower");
                        network.layers.push_back(std::move(layer));
                      });
  return network;
}

/// The functions of a conditioner that is a network of convolutions.
template <class Scalar_>
class ConvConditioner {
 public:
  using Scalar = Scalar_;
  using Tape = nets::ConvTape<Scalar>;
  template <class Visitor>
  using Parameters = std::vector<typename nets::ConvLayer::template Parameters<Visitor>>;

  /// The parameters of a coupling come by planes: see Coupling.
  static constexpr bool by_plane = true;

  const nets::ConvNetwork& network() const { return network_; }
  Eigen::Index in_dim() const { return network_.planes() * network_.pixels() + network_.spread; }
  Eigen::Index out_dim() const { return network_.layers.back().shape.out * network_.pixels(); }
  /// Rows whose values in the widest layer stay in the second cache: a power of two from 4 on.
  Eigen::Index rows_together() const {
    Eigen::Index widest = 1;
    for (const nets::ConvLayer& layer : network_.layers) widest = std::max(widest, layer.shape.out);
    const Eigen::Index rows = (Eigen::Index{1} << 16) / (widest * network_.height * network_.width);
    return std::clamp<Eigen::Index>(static_cast<Eigen::Index>(std::bit_floor(static_cast<std::size_t>(rows))),
                                    4, 256);
  }

  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    Parameters<Visitor> parameters;
    for (std::size_t i = 0; i < self.network_.layers.size(); ++i)
      parameters.push_back(visit.part(i, self.network_.layers[i]));
    return parameters;
  }
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    for (const nets::ConvLayer& layer : network_.layers) layer.initialise(theta, rng);
  }
  Tape forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
               const Pass& pass) const {
    return nets::conv_forward(network_, theta, input, result, pass);
  }
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
           const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input, const Pass& pass) const {
    nets::conv_vjp(network_, theta, grad, tape, grad_result, grad_input, pass);
  }

 protected:
  template <class Options>
  ConvConditioner(const std::string& what, const Options& options, Eigen::Index in, Eigen::Index out)
      : network_(make_conv_network(what, options, in, out)) {}

  nets::ConvNetwork network_;
};

}  // namespace eigenflow::detail
