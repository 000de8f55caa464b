#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/forward.hpp"
#include "eigenflow/nets/network.hpp"
#include "eigenflow/nets/row.hpp"
#include "eigenflow/nets/vjp.hpp"

namespace eigenflow::nets {

/// The functions of a conditioner that is a network of dense layers.
template <class Scalar_>
class NetworkConditioner {
 public:
  using Scalar = Scalar_;
  using Tape = NetworkTape<Scalar>;
  template <class Visitor>
  using Parameters = std::vector<typename DenseLayer::template Parameters<Visitor>>;

  const Network& network() const { return network_; }
  Eigen::Index in_dim() const { return network_.layers.front().in; }
  Eigen::Index out_dim() const { return network_.layers.back().out; }

  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    Parameters<Visitor> parameters;
    for (std::size_t i = 0; i < self.network_.layers.size(); ++i)
      parameters.push_back(visit.part(i, self.network_.layers[i]));
    for (std::size_t k = 0; k < self.network_.gates.size(); ++k)
      parameters.push_back(visit.part("gate" + std::to_string(k), self.network_.gates[k]));
    return parameters;
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const {
    for (const DenseLayer& layer : network_.layers) layer.initialise(theta, rng);
    for (const DenseLayer& gate : network_.gates) gate.initialise(theta, rng);
  }

  Tape forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
               const Pass& pass) const;

  void vjp(std::span<const Scalar>, std::span<Scalar> grad, const Tape& tape,
           const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input, const Pass& pass) const;

 protected:
  constexpr explicit NetworkConditioner(Dependent<Network, Scalar> network) : network_(std::move(network)) {}

  /// Calls use(run) with a forward pass for a batch, or a cheaper one for a single row without a tape.
  template <class Use>
  Tape with_forward(std::span<const Scalar> theta, Eigen::Index rows, const Pass& pass,
                    const Use& use) const {
    if (rows == 1 && !pass.record) return use(RowForward<Scalar>(network_, theta, pass));
    return use(BatchForward<Scalar>(network_, theta, rows, pass));
  }

  template <class Run>
  void advance_all(Run& run) const {
    for (std::size_t i = 0; i < network_.layers.size(); ++i)
      for (const Part& part : network_.layers[i].forward_parts) run.advance(i, part);
  }
  void retreat_all(BatchVjp<Scalar>& run, std::span<Scalar> grad) const {
    for (std::size_t i = network_.layers.size(); i-- > 0;) {
      run.add_weight_gradient(i, grad);
      for (const Part& part : network_.layers[i].backward_parts) run.retreat(i, part);
    }
    for (std::size_t k = 0; k < network_.gates.size(); ++k) run.retreat_gate(k, grad);
  }

  Network network_;
};

// Defined outside of the class, so that eigenflow::compiled can hold them.

template <class Scalar_>
NetworkTape<Scalar_> NetworkConditioner<Scalar_>::forward(std::span<const Scalar> theta,
                                                          const ConstMatrixMap<Scalar>& input,
                                                          MatrixMap<Scalar>& result, const Pass& pass) const {
  return with_forward(theta, input.rows(), pass, [&](auto run) {
    run.take(input.data(), 0, in_dim());
    advance_all(run);
    run.give(result.data(), 0, out_dim());
    return run.tape();
  });
}

template <class Scalar_>
void NetworkConditioner<Scalar_>::vjp(std::span<const Scalar>, std::span<Scalar> grad, const Tape& tape,
                                      const ConstMatrixMap<Scalar>& grad_result,
                                      MatrixMap<Scalar>& grad_input, const Pass& pass) const {
  BatchVjp<Scalar> run(network_, tape, pass);
  run.take(grad_result.data(), 0, out_dim());
  retreat_all(run, grad);
  run.add_to(grad_input.data(), 0, in_dim());
}

}  // namespace eigenflow::nets
