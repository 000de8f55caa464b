#include "eigenflow/version.hpp"

#include <string>

#include "support/catch.hpp"

TEST_CASE("the version string says what the version macros say") {
  const std::string expected = std::to_string(EIGENFLOW_VERSION_MAJOR) + "." +
                               std::to_string(EIGENFLOW_VERSION_MINOR) + "." +
                               std::to_string(EIGENFLOW_VERSION_PATCH);
  REQUIRE(eigenflow::version == expected);
}
