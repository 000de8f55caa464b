#include "mutants/subject.hpp"
#include "support/catch.hpp"

TEST_CASE("the subject obeys the laws") {
  enrol();
}
