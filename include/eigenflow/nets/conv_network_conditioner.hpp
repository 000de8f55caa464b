#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/nets/conv_network.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/nets/kernel/planes.hpp"
#include "eigenflow/numerics/saturating.hpp"

namespace eigenflow::nets {

/// The functions of a conditioner that is a network of convolutions.
template <class Scalar_>
class ConvNetworkConditioner {
 public:
  using Scalar = Scalar_;
  using Tape = ConvTape<Scalar>;
  template <class Visitor>
  using Parameters = std::vector<typename ConvLayer::template Parameters<Visitor>>;

  /// The parameters of a coupling come by planes: see Coupling.
  static constexpr bool by_plane = true;

  const ConvNetwork& network() const { return network_; }
  Eigen::Index in_dim() const { return network_.planes() * network_.pixels() + network_.broadcast; }
  Eigen::Index out_dim() const { return network_.layers.back().shape.out * network_.pixels(); }
  /// As many rows as keep the values of the widest layer in the L2 cache: a power of two, from 4 (or a vector of samples) to
  /// 256.
  Eigen::Index rows_together() const {
    Eigen::Index widest = 1;
    for (const ConvLayer& layer : network_.layers) widest = std::max(widest, layer.shape.out);
    const Eigen::Index values =
        detail::saturating_product(widest, detail::saturating_product(network_.height, network_.width));
    const Eigen::Index rows = (Eigen::Index{1} << 16) / values;
    return std::clamp<Eigen::Index>(static_cast<Eigen::Index>(std::bit_floor(static_cast<std::size_t>(rows))),
                                    network_.template narrow<Scalar>() ? Lanes<Scalar>::width : 4, 256);
  }

  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    Parameters<Visitor> parameters;
    for (std::size_t i = 0; i < self.network_.layers.size(); ++i)
      parameters.push_back(visit.part(i, self.network_.layers[i]));
    return parameters;
  }
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    for (const ConvLayer& layer : network_.layers) layer.initialise(theta, rng);
  }
  Tape forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
               const Pass& pass) const;
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
           const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input, const Pass& pass) const;

 protected:
  constexpr explicit ConvNetworkConditioner(Dependent<ConvNetwork, Scalar> network)
      : network_(std::move(network)) {}

  ConvNetwork network_;
};

// Defined outside of the class, so that a library can hold them: see compiled.hpp.

template <class Scalar_>
ConvTape<Scalar_> ConvNetworkConditioner<Scalar_>::forward(std::span<const Scalar> theta,
                                                           const ConstMatrixMap<Scalar>& input,
                                                           MatrixMap<Scalar>& result,
                                                           const Pass& pass) const {
  if (network_.template narrow<Scalar>())
    return {{}, conv_forward<Planes>(network_, theta, input, result, pass)};
  return {conv_forward<Pixels>(network_, theta, input, result, pass), {}};
}

template <class Scalar_>
void ConvNetworkConditioner<Scalar_>::vjp(std::span<const Scalar> theta, std::span<Scalar> grad,
                                          const Tape& tape, const ConstMatrixMap<Scalar>& grad_result,
                                          MatrixMap<Scalar>& grad_input, const Pass& pass) const {
  if (network_.template narrow<Scalar>())
    conv_vjp<Planes>(network_, theta, grad, tape.narrow, grad_result, grad_input, pass);
  else
    conv_vjp<Pixels>(network_, theta, grad, tape.wide, grad_result, grad_input, pass);
}

}  // namespace eigenflow::nets
