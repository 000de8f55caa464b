#include "interrupt.hpp"

#include <csignal>
#include <cstddef>
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include "table/text.hpp"

namespace command {
namespace {

// Made before, because a signal handler may not allocate.
std::string message;

extern "C" void end_process(int signal) {
#if __has_include(<unistd.h>)
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, message.data(), message.size());
#endif
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

Interrupt::Interrupt(const std::string& what_is_left) {
  message = "\neigenflow: stopped: " + table::escaped(what_is_left) + '\n';
  for (const int signal : {SIGINT, SIGTERM})
    if (std::signal(signal, end_process) == SIG_IGN) std::signal(signal, SIG_IGN);
}

Interrupt::~Interrupt() {
  for (const int signal : {SIGINT, SIGTERM})
    if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
}

}  // namespace command
