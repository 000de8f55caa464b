#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

// Errors. With exceptions (the usual build), an invalid argument throws. Without them (-fno-exceptions), a handler gets
// the message, and when the handler returns, the program aborts.

#if defined(__cpp_exceptions)
#define EIGENFLOW_HAS_EXCEPTIONS 1
#else
#define EIGENFLOW_HAS_EXCEPTIONS 0
#endif

namespace eigenflow {

/// The function that gets the message of an error in a build without exceptions. If it returns, the program is aborted.
using ErrorHandler = void (*)(const char* message);

/// The current handler, for builds without exceptions. Assign your own to log, reset or halt your device. The default
/// prints the message to standard error.
inline ErrorHandler& error_handler() {
  static ErrorHandler handler = [](const char* message) { std::fprintf(stderr, "eigenflow: %s\n", message); };
  return handler;
}

namespace detail {

template <class Exception>
[[noreturn]] void raise(const std::string& message) {
#if EIGENFLOW_HAS_EXCEPTIONS
  throw Exception(message);
#else
  error_handler()(message.c_str());
  std::abort();
#endif
}

/// Reports an invalid argument: throws std::invalid_argument.
[[noreturn]] inline void reject(const std::string& message) {
  raise<std::invalid_argument>(message);
}

}  // namespace detail
}  // namespace eigenflow
