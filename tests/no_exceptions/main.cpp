// Built with -fno-exceptions -fno-rtti: the library
// compiles, and an error reaches the handler of the program.

#include <cstdlib>
#include <cstring>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/text/error.hpp"

#if EIGENFLOW_HAS_EXCEPTIONS
#error "this program is about builds without exceptions"
#endif

int main() {
  eigenflow::error_handler() = [](const char* message) {
    std::_Exit(std::strcmp(message, "expected 2 columns") == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
  };
  eigenflow::detail::reject("expected 2 columns");
}
