#pragma once

#include <Eigen/Core>

#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/nets/network_conditioner.hpp"

namespace eigenflow {

/// A conditioner of an embedded flow: its options hold the finished network.
template <class Scalar_>
class Mlp : public nets::NetworkConditioner<Scalar_> {
 public:
  using Options = nets::Network;

  constexpr Mlp(Eigen::Index, Eigen::Index, const Options& network)
      : nets::NetworkConditioner<Scalar_>(network) {}
};

}  // namespace eigenflow
