#pragma once

#include <Eigen/Core>
#include <string>
#include <tuple>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/maps/activation.hpp"
#include "eigenflow/nets/make_network.hpp"
#include "eigenflow/nets/network_conditioner.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// The shape of a residual network.
struct ResidualNetOptions {
  Eigen::Index width = 64;  ///< of every hidden layer
  Eigen::Index blocks = 2;  ///< of two dense layers each
  Activation activation = Activation::relu;
  double dropout = 0;            ///< share of the values in each block that a training step drops; below 1
  double negative_slope = 0.01;  ///< of leaky_relu, from 0 to 1
  Eigen::Index gates = 0;        ///< how many of the last inputs gate every block: all of a context, or none

  static constexpr auto structure() {
    return std::tuple(Option{"width", &ResidualNetOptions::width},
                      Option{"blocks", &ResidualNetOptions::blocks},
                      Option{"activation", &ResidualNetOptions::activation},
                      Option{"dropout", &ResidualNetOptions::dropout},
                      Option{"negative_slope", &ResidualNetOptions::negative_slope},
                      Option{"gates", &ResidualNetOptions::gates});
  }
  nets::Network network(Eigen::Index in, Eigen::Index out) const {
    return nets::make_network(*this, in, out);
  }
  /// Passes the dense layers of such a network to `add`, first to last.
  template <class Add>
  void dense_layers(Eigen::Index in, Eigen::Index out, const Add& add) const {
    if (width < 1 || blocks < 0)
      detail::reject("a ResidualNet needs a width of 1 or more and no negative number of blocks, but got " +
                     std::to_string(width) + " and " + std::to_string(blocks));
    add(nets::DenseLayer{in, width, false});
    for (Eigen::Index block = 0; block < blocks; ++block) {
      add(nets::DenseLayer{width, width, true});
      add(nets::DenseLayer{width, width, true, true, true, 1e-2});
    }
    add(nets::DenseLayer{width, out, false, false, false, 0});
  }
  /// Passes the dense layers of its gates to `add`, block by block.
  template <class Add>
  void gate_layers(const Add& add) const {
    if (gates < 0)
      detail::reject("the gates of a ResidualNet read no negative number of inputs, but got " +
                     std::to_string(gates));
    for (Eigen::Index block = 0; gates > 0 && block < blocks; ++block)
      add(nets::DenseLayer{gates, width, false, false, false, 1});
  }
  /// As "2 blocks of 64, relu".
  std::string describe() const {
    return detail::counted(blocks, "block") + " of " + std::to_string(width) +
           (gates > 0 ? " with gates, " : ", ") + detail::describe(activation, dropout);
  }
};

/// A network of pre-activation residual blocks (He et al., arXiv:1603.05027, fig. 1b without normalisation),
///
///   h₀ = input W₀ + b₀,   h ← h + activation(activation(h) W₁ + b₁) W₂ + b₂,   result = h W + b,
///
/// rows are samples. The gradient passes through the sums unchanged, so the network may be deep. Dropout acts before
/// W₂. Weights start as in Mlp, W₂ and b₂ at 1/200 of that, so that every block starts near the identity. The last
/// layer starts at zero, and so do the results.
///
/// With gates on the last inputs c (the context of a coupling), as in nflows and sbi,
///
///   h ← h + σ(c Wᵍ + bᵍ) ⊙ (activation(activation(h) W₁ + b₁) W₂ + b₂).
template <class Scalar_>
class ResidualNet : public nets::NetworkConditioner<Scalar_> {
 public:
  using Options = ResidualNetOptions;

  /// Throws std::invalid_argument for a width below one, negative blocks, a dropout outside [0, 1), or gates on more
  /// inputs than there are.
  ResidualNet(Eigen::Index in, Eigen::Index out, const Options& options = {})
      : nets::NetworkConditioner<Scalar_>(options.network(in, out)), options_(options) {}

  static constexpr const char* tag() { return "residual net"; }
  const Options& options() const { return options_; }
  std::string describe() const { return options_.describe(); }

 private:
  Options options_;
};

}  // namespace eigenflow
