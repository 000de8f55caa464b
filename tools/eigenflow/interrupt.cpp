#include "interrupt.hpp"

#include <atomic>
#include <csignal>
#include <cstddef>
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include "table/text.hpp"

namespace command {
namespace {

// Made before, because a signal handler may not allocate.
std::string first_message, kept_message;
std::atomic<bool> kept = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler reads it");

std::string message_of(const std::string& what_is_left) {
  return "\neigenflow: stopped: " + table::escaped(what_is_left) + '\n';
}

extern "C" void end_process(int signal) {
#if __has_include(<unistd.h>)
  const std::string& message = kept ? kept_message : first_message;
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message.data(), message.size());
#endif
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

Interrupt::Interrupt(const std::string& at_first, const std::string& once_kept) {
  first_message = message_of(at_first);
  kept_message = message_of(once_kept);
  kept = false;
  for (const int signal : {SIGINT, SIGTERM})
    if (std::signal(signal, end_process) == SIG_IGN) std::signal(signal, SIG_IGN);
}

void Interrupt::set_kept() {
  kept = true;
}

Interrupt::~Interrupt() {
  for (const int signal : {SIGINT, SIGTERM})
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
}

}  // namespace command
