#pragma once

#include <Eigen/Core>

#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/nets/network_conditioner.hpp"

namespace eigenflow {

/// A conditioner of an embedded flow: its options are the network that they make.
template <class Scalar_>
class Mlp : public detail::NetworkConditioner<Scalar_> {
 public:
  using Options = detail::Network;

  constexpr Mlp(Eigen::Index, Eigen::Index, const Options& network)
      : detail::NetworkConditioner<Scalar_>(network) {}
};

}  // namespace eigenflow
