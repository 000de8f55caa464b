#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/layer.hpp"

namespace eigenflow {

/// The types of the components of a Mixture of an embedded flow.
template <class... B>
struct Several {};

namespace detail {

template <class B>
class Components;

/// The densities of a Mixture of an embedded flow, with the places of their parameters.
template <class... B>
class Components<Several<B...>> {
  using First = std::tuple_element_t<0, std::tuple<B...>>;
  using Indices = std::index_sequence_for<B...>;

 public:
  using Scalar = typename First::Scalar;
  static constexpr int static_dim = First::static_dim;
  template <class Visitor>
  struct Parameters {};

  constexpr Components(const std::array<Segment, sizeof...(B)>& segments, const B&... components)
      : components_(components...), segments_(segments) {}

  constexpr Eigen::Index size() const { return sizeof...(B); }
  constexpr Eigen::Index dim() const { return std::get<0>(components_).dim(); }
  constexpr Eigen::Index context_dim() const {
    Eigen::Index most = 0;
    std::apply(
        [&](const auto&... component) { ((most = std::max(most, eigenflow::context_dim(component))), ...); },
        components_);
    return most;
  }

  /// Calls visit(k, component, segment) for every component, k known to the compiler.
  template <class Visit>
  void each(const Visit& visit) const {
    each(visit, Indices{});
  }

  struct Tapes {
    using Tuple =
        std::tuple<decltype(add_log_prob(std::declval<const B&>(), {}, std::declval<Tile<Scalar>&>()))...>;
    Tuple* tapes;
    template <Eigen::Index K>
    auto& operator[](std::integral_constant<Eigen::Index, K>) const {
      return std::get<static_cast<std::size_t>(K)>(*tapes);
    }
  };
  Tapes make_tapes(Arena& arena) const {
    return {std::construct_at(arena.allocate<typename Tapes::Tuple>(1))};
  }

 private:
  template <class Visit, std::size_t... I>
  void each(const Visit& visit, std::index_sequence<I...>) const {
    (visit(std::integral_constant<Eigen::Index, static_cast<Eigen::Index>(I)>{}, std::get<I>(components_),
           segments_[I]),
     ...);
  }

  std::tuple<B...> components_;
  std::array<Segment, sizeof...(B)> segments_;
};

}  // namespace detail
}  // namespace eigenflow
