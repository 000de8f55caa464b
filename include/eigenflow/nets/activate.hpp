#pragma once

#include <Eigen/Core>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/maps/activation.hpp"

namespace eigenflow::nets {

/// to[i] = activation(from[i]), for `count` adjacent numbers; in place if both pointers are equal.
template <class Scalar>
void activate(Activation activation, double negative_slope, const Scalar* from, Scalar* to,
              Eigen::Index count) {
  detail::with_activation(activation, negative_slope, [&](auto function) {
    for (const RowStep<Scalar> step : RowSteps<Scalar>(count))
      step.store(to, function.value(step.load(from)));
  });
}

}  // namespace eigenflow::nets
