#pragma once

#include <Eigen/Core>
#include <string>
#include <tuple>
#include <vector>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/conv_network.hpp"
#include "eigenflow/nets/conv_network_conditioner.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/nets/make_conv_network.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The shape of a convolutional network.
struct ConvNetOptions {
  Eigen::Index height = 1, width = 1;             ///< of the planes
  std::vector<Eigen::Index> hidden = {64, 64};    ///< channels of the hidden layers, any number of them
  std::vector<Eigen::Index> kernels = {3, 1, 3};  ///< 1 or 3 pixels, one for each hidden layer and the last
  Padding padding = Padding::zero;                ///< circular for periodic fields
  Activation activation = Activation::relu;
  double dropout = 0;            ///< share of each hidden layer that a training step leaves out; below 1
  double negative_slope = 0.01;  ///< of leaky_relu, from 0 to 1
  Eigen::Index broadcast = 0;    ///< of the last inputs (a context), how many are single numbers, not planes
  Colour checkerboard = Colour::all;  ///< even or odd: the pixels of the inputs; results have the others

  static constexpr auto structure() {
    using O = ConvNetOptions;
    return std::tuple(Option{"height", &O::height}, Option{"width", &O::width}, Option{"hidden", &O::hidden},
                      Option{"kernels", &O::kernels}, Option{"padding", &O::padding},
                      Option{"activation", &O::activation}, Option{"dropout", &O::dropout},
                      Option{"negative_slope", &O::negative_slope}, Option{"broadcast", &O::broadcast},
                      Option{"checkerboard", &O::checkerboard});
  }
  /// Passes the convolutions of such a network from `in` to `out` channels to `add`, first to last.
  template <class Add>
  void conv_layers(Eigen::Index in, Eigen::Index out, const Add& add) const {
    if (kernels.size() != hidden.size() + 1)
      detail::reject("a ConvNet needs a kernel for each hidden layer and one for the last, but got " +
                     std::to_string(hidden.size()) + " hidden layers and " + std::to_string(kernels.size()) +
                     " kernels");
    Eigen::Index from = in;
    bool inner = false;
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      if (hidden[i] < 1)
        detail::reject("a hidden layer of a ConvNet needs one channel or more, but got " +
                       std::to_string(hidden[i]));
      add(nets::ConvLayer{{from, hidden[i], kernels[i], padding}, inner, inner});
      from = hidden[i];
      inner = true;
    }
    add(nets::ConvLayer{{from, out, kernels.back(), padding}, inner, inner, false, 0});
  }
  /// As "28 × 28 pixels, 64 × 64 channels, kernels 3, 1, 3, relu".
  std::string describe() const {
    std::string text = std::to_string(height) + " × " + std::to_string(width) + " pixels, ", sizes;
    for (std::size_t i = 0; i < hidden.size(); ++i) text += (i ? " × " : "") + std::to_string(hidden[i]);
    text += hidden.empty() ? "linear, kernel" : " channels, kernels";
    for (std::size_t i = 0; i < kernels.size(); ++i) text += (i ? ", " : " ") + std::to_string(kernels[i]);
    if (padding == Padding::circular) text += ", circular";
    if (checkerboard != Colour::all) text += ", checkerboard";
    return text + ", " + detail::describe(activation, dropout);
  }
};

/// A convolutional network: h₀ = input, hᵢ = activation(conv(hᵢ₋₁)), result = conv(h_last). Inputs and results are planes
/// (column c H W + y W + x); then come inputs that are broadcast, single numbers for all pixels. It gives the parameters of
/// a coupling by planes: parameter k of all features, then k + 1.
///
/// On a `checkerboard`, planes have half of the pixels, line by line: inputs those of one colour, results those of the
/// other. The network sees whole planes with zeros between, as in Real NVP (arXiv:1605.08803, section 3.4).
///
/// Weights start as in Mlp, with taps · in as the number of inputs. The last layer starts at zero, and so do the results.
template <class Scalar_>
class ConvNet : public nets::ConvNetworkConditioner<Scalar_> {
 public:
  using Options = ConvNetOptions;

  /// From `in` inputs to `out` results. Throws std::invalid_argument unless they are whole planes (half ones on a
  /// checkerboard) beside `broadcast` numbers, or for kernels other than 1 and 3, hidden layers below one channel, a dropout
  /// outside [0, 1), or a negative slope outside [0, 1].
  ConvNet(Eigen::Index in, Eigen::Index out, const Options& options = {})
      : nets::ConvNetworkConditioner<Scalar_>(nets::make_conv_network("a ConvNet", options, in, out)),
        options_(options) {}

  static constexpr const char* tag() { return "conv net"; }
  const Options& options() const { return options_; }
  std::string describe() const { return options_.describe(); }

 private:
  Options options_;
};

}  // namespace eigenflow
