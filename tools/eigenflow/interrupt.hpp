#pragma once

#include <string>

namespace command {

/// While it lives, a process that is interrupted (Ctrl-C, kill) says on standard error what is left, and then ends.
class Interrupt {
 public:
  /// What is left until set_kept is called, and what after it.
  Interrupt(const std::string& at_first, const std::string& once_kept);
  void set_kept();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();
};

}  // namespace command
