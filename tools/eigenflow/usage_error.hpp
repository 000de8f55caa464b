#pragma once

#include <stdexcept>

namespace command {

/// An option that cannot be meant: exit code 2. Everything else that goes wrong is a std::exception, exit code 1.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace command
