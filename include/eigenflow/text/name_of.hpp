#pragma once

#include <concepts>
#include <string>

// What a part (a layer, transformer, conditioner, base, map) is called:
//
//   static tag()    its key in model files, which never changes
//   static name()   its label where it is printed, which may
//
// A part that says only one of them has it for both.

namespace eigenflow::detail {

template <class Part>
concept HasTag = requires {
  { Part::tag() } -> std::convertible_to<std::string>;
};
template <class Part>
concept HasName = requires {
  { Part::name() } -> std::convertible_to<std::string>;
};

/// Whether a file can name it.
template <class Part>
concept Tagged = HasTag<Part> || HasName<Part>;

template <class Part>
std::string tag_of(const char* without_one = "") {
  if constexpr (HasTag<Part>)
    return Part::tag();
  else if constexpr (HasName<Part>)
    return Part::name();
  else
    return without_one;
}

template <class Part>
std::string name_of(const char* without_one) {
  if constexpr (HasName<Part>)
    return Part::name();
  else
    return tag_of<Part>(without_one);
}

}  // namespace eigenflow::detail
