#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/layers/identity.hpp"

namespace eigenflow::detail {

/// Separates the layers of a flow from its base: the last part may be a base, and the default is StandardNormal. A base
/// alone gets an Identity as its layer.
template <class... Parts>
struct FlowParts {
  static_assert(sizeof...(Parts) > 0, "a Flow needs one layer or more");
  using Tuple = std::tuple<Parts...>;
  using Last = std::tuple_element_t<sizeof...(Parts) - 1, Tuple>;
  static constexpr bool has_base = Base<Last>;
  static_assert(
      sizeof...(Parts) == 1 || Base<Last> || Layer<Last>,
      "the last part of a Flow is a base or a layer: this one lacks something that the concept Base "
      "(concepts/base.hpp) or Layer (concepts/layer.hpp) asks for");
  using LayerIndices = std::make_index_sequence<sizeof...(Parts) - (has_base ? 1 : 0)>;

  // A chain made at run time (`Whole`) holds all layers, as a Chain does.
  template <std::size_t... I>
  static auto layers_type(std::index_sequence<I...>) {
    using First = std::tuple_element_t<0, Tuple>;
    if constexpr (sizeof...(I) == 0)
      return std::type_identity<Chain<Identity<typename Last::Scalar, Last::static_dim>>>{};
    else if constexpr (sizeof...(I) == 1 && requires { typename First::Whole; })
      return std::type_identity<First>{};
    else
      return std::type_identity<Chain<std::tuple_element_t<I, Tuple>...>>{};
  }
  using Layers = typename decltype(layers_type(LayerIndices{}))::type;

  static auto base_type() {
    if constexpr (has_base)
      return std::type_identity<Last>{};
    else
      return std::type_identity<StandardNormal<typename Layers::Scalar, Layers::static_dim>>{};
  }
  using BaseType = typename decltype(base_type())::type;

  Layers layers;
  BaseType base;

  static FlowParts split(Parts... parts) { return split(Tuple(std::move(parts)...), LayerIndices{}); }

 private:
  template <std::size_t... I>
  static FlowParts split(Tuple parts, std::index_sequence<I...>) {
    if constexpr (sizeof...(I) == 0) {
      Layers layers(Identity<typename Last::Scalar, Last::static_dim>(std::get<0>(parts).dim()));
      return {std::move(layers), std::get<0>(std::move(parts))};
    } else {
      Layers layers(std::get<I>(std::move(parts))...);
      if constexpr (has_base) {
        return {std::move(layers), std::get<sizeof...(Parts) - 1>(std::move(parts))};
      } else {
        BaseType base(layers.dim());
        return {std::move(layers), std::move(base)};
      }
    }
  }
};

/// 0 .. size - 1 without the given segments, in order.
inline std::vector<Segment> complement(std::vector<Segment> taken, Eigen::Index size) {
  std::sort(taken.begin(), taken.end(),
            [](const Segment& a, const Segment& b) { return a.offset < b.offset; });
  std::vector<Segment> left;
  Eigen::Index next = 0;
  for (const Segment& segment : taken) {
    if (segment.offset > next) left.push_back({next, segment.offset - next});
    next = std::max(next, segment.end());
  }
  if (next < size) left.push_back({next, size - next});
  return left;
}

}  // namespace eigenflow::detail
