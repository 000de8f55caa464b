#pragma once

#include <string>
#include <utility>

#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// Throws std::invalid_argument: an object that was moved from cannot compute.
[[noreturn]] inline void reject_moved_from(const char* what) {
  reject("this " + std::string(what) + " was moved from and is empty: assign another " + what +
         " to it before you use it");
}

/// A member that is true if its owner was moved from. A copy of such an owner counts as moved from too.
class MovedFrom {
 public:
  MovedFrom() = default;
  MovedFrom(const MovedFrom&) = default;
  MovedFrom& operator=(const MovedFrom&) = default;
  MovedFrom(MovedFrom&& other) noexcept : moved_(std::exchange(other.moved_, true)) {}
  MovedFrom& operator=(MovedFrom&& other) noexcept {
    moved_ = std::exchange(other.moved_, true);
    return *this;
  }
  ~MovedFrom() = default;

  explicit operator bool() const { return moved_; }

 private:
  bool moved_ = false;
};

}  // namespace eigenflow::detail
