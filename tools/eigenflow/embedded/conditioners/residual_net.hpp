#pragma once

#include "eigenflow/conditioners/mlp.hpp"

namespace eigenflow {

/// In an embedded flow all networks have the same form.
template <class Scalar>
using ResidualNet = Mlp<Scalar>;

}  // namespace eigenflow
