#pragma once

#include "eigenflow/conditioners/conv_net.hpp"

namespace eigenflow {

/// In an embedded flow all networks of convolutions have the same form.
template <class Scalar>
using ConvResidualNet = ConvNet<Scalar>;

}  // namespace eigenflow
