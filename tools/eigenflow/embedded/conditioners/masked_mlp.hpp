#pragma once

#include <Eigen/Core>

#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/nets/masked_network.hpp"

namespace eigenflow {

/// A masked conditioner of an embedded flow: its options hold the finished network, with its masks.
template <class Scalar_>
class MaskedMlp : public nets::MaskedNetwork<Scalar_> {
 public:
  using Options = nets::Network;

  constexpr MaskedMlp(List<Eigen::Index> order, Eigen::Index count, const Options& network,
                      Eigen::Index context_dim, List<Eigen::Index> pairs = {})
      : nets::MaskedNetwork<Scalar_>(network, order, count, context_dim, pairs) {}
};

/// In an embedded flow all networks have the same form.
template <class Scalar>
using MaskedResidualNet = MaskedMlp<Scalar>;

}  // namespace eigenflow
