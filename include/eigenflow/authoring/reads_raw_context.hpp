#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "eigenflow/authoring/layout.hpp"

namespace eigenflow::detail {

/// Visitor: finds parts that have the units of their context themselves, at any depth. Such a part says
/// `static constexpr bool has_context_units = true`.
struct FindContextUnits {
  struct Nothing {};
  using Matrix = Nothing;
  using Vector = Nothing;
  using Scalar = Nothing;

  bool found = false;

  Nothing matrix(const char*, Eigen::Index, Eigen::Index) { return {}; }
  Nothing vector(const char*, Eigen::Index) { return {}; }
  Nothing scalar(const char*) { return {}; }
  template <class Name, class Part>
  auto part(const Name&, Part& part) {
    using Plain = std::remove_const_t<Part>;
    if constexpr (requires { Plain::has_context_units; }) found = found || Plain::has_context_units;
    return Plain::layout(part, *this);
  }
};

/// True if no part inside of `part`, and not itself, has the units of its context.
template <class Part>
bool reads_raw_context(const Part& part) {
  FindContextUnits find;
  find.part("", part);
  return !find.found;
}

}  // namespace eigenflow::detail
