#pragma once

#include <stdexcept>

namespace command {

/// An invalid option: exit code 2. Any other error is a std::exception: exit code 1.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace command
