#pragma once

#include <string>

namespace command {

/// While it lives, a process that is interrupted (Ctrl-C, kill) says on standard error what is left, and then ends.
class Interrupt {
 public:
  explicit Interrupt(const std::string& what_is_left);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();
};

}  // namespace command
