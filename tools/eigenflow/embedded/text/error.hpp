#pragma once

#include <cstdlib>
#include <string>

namespace eigenflow::detail {

/// The parts of an embedded flow have been checked: this is never called.
template <class Message>
[[noreturn]] void reject(const Message&) {
  std::abort();
}

}  // namespace eigenflow::detail
