#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace eigenflow::detail {

/// Calls body(0), body(1), ... with constants, so that arrays indexed by them stay in registers at every
/// optimisation level.
template <int Count, class Body>
void unroll(const Body& body) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (body(std::integral_constant<Eigen::Index, static_cast<Eigen::Index>(I)>{}), ...);
  }
  (std::make_index_sequence<static_cast<std::size_t>(Count)>{});
}

}  // namespace eigenflow::detail
