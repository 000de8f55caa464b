#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "eigenflow/numerics/ieee.hpp"

namespace eigenflow::detail {

/// exp of a vector register, by Eigen. Version 3.4 has a special form for sixteen floats (AVX-512), which gives
/// 2.4e38 for every number above 88.38 and zero for subnormal results. The general form is right.
template <class Scalar, class Packet>
Packet packet_exp(const Packet& x) {
#if defined(EIGEN_VECTORIZE_AVX512) && !EIGEN_VERSION_AT_LEAST(3, 4, 90)
  if constexpr (std::is_same_v<Scalar, float>) return Eigen::internal::pexp_float(x);
#endif
  return Eigen::internal::pexp(x);
}

}  // namespace eigenflow::detail
