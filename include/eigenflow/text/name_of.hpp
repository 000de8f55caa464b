#pragma once

#include <concepts>
#include <string>

namespace eigenflow::detail {

/// The printed name of a part (a layer, transformer, conditioner or base): its static name(), if it has one.
template <class Part>
std::string name_of(const char* without_one) {
  if constexpr (requires {
                  { Part::name() } -> std::convertible_to<std::string>;
                })
    return Part::name();
  else
    return without_one;
}

}  // namespace eigenflow::detail
