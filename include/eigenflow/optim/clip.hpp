#pragma once

#include <cmath>
#include <span>

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow {

/// The Euclidean norm of a gradient, summed in double.
template <class Scalar>
double global_norm(std::span<const Scalar> grad) {
  double sum[4] = {0, 0, 0, 0};  // four chains hide the latency of the sum; their order is fixed
  std::size_t i = 0;
  for (; i + 4 <= grad.size(); i += 4)
    for (std::size_t k = 0; k < 4; ++k)
      sum[k] += static_cast<double>(grad[i + k]) * static_cast<double>(grad[i + k]);
  for (; i < grad.size(); ++i) sum[0] += static_cast<double>(grad[i]) * static_cast<double>(grad[i]);
  return std::sqrt((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/// Scales a gradient down to the norm `longest` if it is longer. Returns the norm from before.
template <class Scalar>
double clip_global_norm(std::span<Scalar> grad, double longest) {
  const double norm = global_norm(std::span<const Scalar>(grad));
  if (norm > longest) {
    const auto factor = static_cast<Scalar>(longest / norm);
    for (Scalar& value : grad) value *= factor;
  }
  return norm;
}

}  // namespace eigenflow
