#pragma once

namespace eigenflow::detail {

/// ½ ln 2π, the normalisation of a normal density.
template <class Scalar>
inline constexpr Scalar half_log_two_pi = static_cast<Scalar>(0.918938533204672741780329736405617639861L);

}  // namespace eigenflow::detail
