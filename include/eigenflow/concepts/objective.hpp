#pragma once

#include <span>
#include <type_traits>

#include "eigenflow/authoring/batch.hpp"

namespace eigenflow {

/// An objective: a flow and a batch → a loss in nats, and ∂loss/∂theta, which overwrites `grad` unless it is empty.
template <class O, class Flow>
concept Objective = std::is_invocable_r_v<double, const O&, const Flow&, Batch<typename Flow::Scalar>,
                                          std::span<typename Flow::Scalar>>;

}  // namespace eigenflow
