#pragma once

#include <Eigen/Core>
#include <string>
#include <tuple>
#include <vector>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/make_network.hpp"
#include "eigenflow/nets/network_conditioner.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The shape of a multi-layer perceptron.
struct MlpOptions {
  std::vector<Eigen::Index> hidden = {64, 64};  ///< widths of the hidden layers, any number of them
  Activation activation = Activation::relu;
  double dropout = 0;            ///< share of each hidden layer that a training step leaves out; below 1
  double negative_slope = 0.01;  ///< of leaky_relu, from 0 to 1

  static constexpr auto structure() {
    return std::tuple(Option{"hidden", &MlpOptions::hidden}, Option{"activation", &MlpOptions::activation},
                      Option{"dropout", &MlpOptions::dropout},
                      Option{"negative_slope", &MlpOptions::negative_slope});
  }
  nets::Network network(Eigen::Index in, Eigen::Index out) const {
    return nets::make_network(*this, in, out);
  }
  /// Passes the dense layers of such a network to `add`, first to last.
  template <class Add>
  void dense_layers(Eigen::Index in, Eigen::Index out, const Add& add) const {
    Eigen::Index from = in;
    bool inner = false;
    for (const Eigen::Index width : hidden) {
      if (width < 1)
        detail::reject("a hidden layer of an Mlp needs a width of 1 or more, but got " +
                       std::to_string(width) + ": give every entry of .hidden a positive width");
      add(nets::DenseLayer{from, width, inner, inner});
      from = width;
      inner = true;
    }
    add(nets::DenseLayer{from, out, inner, inner, false, 0});
  }
  /// As "64 × 64, relu".
  std::string describe() const {
    std::string text;
    for (const Eigen::Index width : hidden) text += (text.empty() ? "" : " × ") + std::to_string(width);
    return text.empty() ? "linear" : text + ", " + detail::describe(activation, dropout);
  }
};

/// A multi-layer perceptron: h₀ = input, hᵢ = activation(hᵢ₋₁ Wᵢ + bᵢ), result = h_last W + b, rows are
/// samples.
///
/// Hidden weights and biases start uniform in ±2/√in, between the scales of LeCun et al. (1998, "Efficient
/// backprop", eq. 16) and He et al. (arXiv:1502.01852, eq. 10): the signal keeps its size from layer to
/// layer, and the kinks of relu spread over the inputs. The last layer starts at zero, and so do the results. (With
/// PyTorch's ±1/√in the signal shrinks, and the divergence of a fit to `rings` is twice as large.)
template <class Scalar_>
class Mlp : public nets::NetworkConditioner<Scalar_> {
 public:
  using Options = MlpOptions;

  /// Throws std::invalid_argument for a width below one or a dropout outside [0, 1).
  Mlp(Eigen::Index in, Eigen::Index out, const Options& options = {})
      : nets::NetworkConditioner<Scalar_>(options.network(in, out)), options_(options) {}

  static constexpr const char* tag() { return "mlp"; }
  const Options& options() const { return options_; }
  std::string describe() const { return options_.describe(); }

 private:
  Options options_;
};

}  // namespace eigenflow
