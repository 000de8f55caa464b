#pragma once

#include <Eigen/Core>

#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/nets/masked_network.hpp"

namespace eigenflow {

/// A masked conditioner of an embedded flow: its options are the network that they make, with its masks.
template <class Net>
class Masked : public nets::MaskedNetwork<typename Net::Scalar> {
 public:
  using Options = nets::Network;

  constexpr Masked(List<Eigen::Index> order, Eigen::Index count, const Options& network,
                   Eigen::Index context_dim, List<Eigen::Index> pairs = {})
      : nets::MaskedNetwork<typename Net::Scalar>(network, order, count, context_dim, pairs) {}
};

template <class Scalar>
using MaskedMlp = Masked<Mlp<Scalar>>;
template <class Scalar>
using MaskedResidualNet = Masked<ResidualNet<Scalar>>;

}  // namespace eigenflow
