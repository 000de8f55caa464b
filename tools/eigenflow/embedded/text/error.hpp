#pragma once

#include <cstdlib>
#include <string>

namespace eigenflow::detail {

/// What an embedded flow is made of has been checked: constant initialisation never comes here.
template <class Message>
[[noreturn]] void reject(const Message&) {
  std::abort();
}

}  // namespace eigenflow::detail
