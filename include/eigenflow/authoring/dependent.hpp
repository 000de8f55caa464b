#pragma once

namespace eigenflow {

namespace detail {

template <class T, class>
struct DependentType {
  using Type = T;
};

}  // namespace detail

/// T, named so that it depends on a template argument. A constexpr constructor of a template may then take it even where T
/// is no literal type: std::vector is one in newer standard libraries alone, the lists of an embedded flow in all.
template <class T, class Argument>
using Dependent = typename detail::DependentType<T, Argument>::Type;

}  // namespace eigenflow
