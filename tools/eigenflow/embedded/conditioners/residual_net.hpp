#pragma once

#include "eigenflow/conditioners/mlp.hpp"

namespace eigenflow {

/// In an embedded flow one network is like another.
template <class Scalar>
using ResidualNet = Mlp<Scalar>;

}  // namespace eigenflow
