#pragma once

#include <Eigen/Core>

#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/nets/masked_network.hpp"

namespace eigenflow {

/// A masked conditioner of an embedded flow: its options are the network that they make, with its masks.
template <class Scalar_>
class MaskedMlp : public nets::MaskedNetwork<Scalar_> {
 public:
  using Options = nets::Network;

  constexpr MaskedMlp(List<Eigen::Index> order, Eigen::Index count, const Options& network,
                      Eigen::Index context_dim, List<Eigen::Index> pairs = {})
      : nets::MaskedNetwork<Scalar_>(network, order, count, context_dim, pairs) {}
};

/// In an embedded flow one network is like another.
template <class Scalar>
using MaskedResidualNet = MaskedMlp<Scalar>;

}  // namespace eigenflow
