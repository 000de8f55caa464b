// The main of every test program. Both versions of Catch2 give
// their Session here, so that it is compiled with our flags.

#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"

int main(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}
