#pragma once

#include <new>
#include <stdexcept>
#include <string>

namespace command {

/// Runs `work`. If the memory is not sufficient, throws std::runtime_error with `what` and what to do.
template <class Work>
decltype(auto) within_memory(const std::string& what, const std::string& advice, const Work& work) {
  const std::string message = what + ": there is not enough memory: " + advice;
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw std::runtime_error(message);
  } catch (const std::length_error&) {  // more than a container can hold
    throw std::runtime_error(message);
  }
}

}  // namespace command
