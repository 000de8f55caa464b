#pragma once

#include <Eigen/Core>

#include "eigenflow/nets/conv_network_conditioner.hpp"

namespace eigenflow {

/// A conditioner of an embedded flow: its options hold the finished network.
template <class Scalar_>
class ConvNet : public nets::ConvNetworkConditioner<Scalar_> {
 public:
  using Options = nets::ConvNetwork;

  constexpr ConvNet(Eigen::Index, Eigen::Index, const Options& network)
      : nets::ConvNetworkConditioner<Scalar_>(network) {}
};

}  // namespace eigenflow
