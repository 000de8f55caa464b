#pragma once

#include <Eigen/Core>
#include <string>
#include <tuple>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/conv_network.hpp"
#include "eigenflow/nets/conv_network_conditioner.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/nets/make_conv_network.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The shape of a convolutional residual network.
struct ConvResidualNetOptions {
  Eigen::Index height = 1, width = 1;  ///< of the planes
  Eigen::Index channels = 64;          ///< of every hidden layer
  Eigen::Index blocks = 2;             ///< of two convolutions each
  Eigen::Index kernel = 3;             ///< 1 or 3 pixels
  Padding padding = Padding::zero;     ///< circular for periodic fields
  Activation activation = Activation::relu;
  double dropout = 0;            ///< share of the values in each block that a training step drops; below 1
  double negative_slope = 0.01;  ///< of leaky_relu, from 0 to 1
  Eigen::Index broadcast = 0;    ///< of the last inputs (a context), how many are single numbers, not planes
  Colour checkerboard = Colour::all;  ///< even or odd: the pixels of the inputs; results have the others

  static constexpr auto structure() {
    using O = ConvResidualNetOptions;
    return std::tuple(Option{"height", &O::height}, Option{"width", &O::width},
                      Option{"channels", &O::channels}, Option{"blocks", &O::blocks},
                      Option{"kernel", &O::kernel}, Option{"padding", &O::padding},
                      Option{"activation", &O::activation}, Option{"dropout", &O::dropout},
                      Option{"negative_slope", &O::negative_slope}, Option{"broadcast", &O::broadcast},
                      Option{"checkerboard", &O::checkerboard});
  }
  /// Passes the convolutions of such a network from `in` to `out` channels to `add`, first to last.
  template <class Add>
  void conv_layers(Eigen::Index in, Eigen::Index out, const Add& add) const {
    if (channels < 1 || blocks < 0)
      detail::reject(
          "a ConvResidualNet needs one channel or more and no negative number of blocks, but got " +
          std::to_string(channels) + " and " + std::to_string(blocks));
    add(nets::ConvLayer{{in, channels, kernel, padding}, false});
    for (Eigen::Index block = 0; block < blocks; ++block) {
      add(nets::ConvLayer{{channels, channels, kernel, padding}, true});
      add(nets::ConvLayer{{channels, channels, kernel, padding}, true, true, true, 1e-2});
    }
    add(nets::ConvLayer{{channels, out, kernel, padding}, false, false, false, 0});
  }
  /// As "28 × 28 pixels, 2 blocks of 64 channels, kernel 3, relu".
  std::string describe() const {
    return std::to_string(height) + " × " + std::to_string(width) + " pixels, " +
           detail::counted(blocks, "block") + " of " + detail::counted(channels, "channel") + ", kernel " +
           std::to_string(kernel) + (padding == Padding::circular ? ", circular" : "") +
           (checkerboard == Colour::all ? ", " : ", checkerboard, ") + detail::describe(activation, dropout);
  }
};

/// A convolutional network of pre-activation residual blocks (He et al., arXiv:1603.05027, fig. 1b without normalisation),
/// as in Real NVP (arXiv:1605.08803, section 3.7):
///
///   h₀ = conv(input),   h ← h + conv(activation(conv(activation(h)))),   result = conv(h)
///
/// Planes, broadcast inputs and results are as in ConvNet. Dropout acts before the second convolution of a block. Weights
/// start as in ResidualNet, with taps · in as the number of inputs. The results start at zero.
template <class Scalar_>
class ConvResidualNet : public nets::ConvNetworkConditioner<Scalar_> {
 public:
  using Options = ConvResidualNetOptions;

  /// From `in` inputs to `out` results. Throws std::invalid_argument as ConvNet does, and for no channel or a negative number
  /// of blocks.
  ConvResidualNet(Eigen::Index in, Eigen::Index out, const Options& options = {})
      : nets::ConvNetworkConditioner<Scalar_>(nets::make_conv_network("a ConvResidualNet", options, in, out)),
        options_(options) {}

  static constexpr const char* tag() { return "conv residual net"; }
  const Options& options() const { return options_; }
  std::string describe() const { return options_.describe(); }

 private:
  Options options_;
};

}  // namespace eigenflow
