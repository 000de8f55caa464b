#include "eigenflow/numerics/finite.hpp"

#include <limits>

#include "support/catch.hpp"

using eigenflow::detail::is_finite;

// Holds under -ffast-math too, where the compiler may take every number for finite.
TEMPLATE_TEST_CASE("finiteness is read from the bits", "", float, double, long double) {
  using Limits = std::numeric_limits<TestType>;
  for (const TestType x : {TestType(0), TestType(-1), Limits::min(), Limits::max(), Limits::lowest(),
                           Limits::denorm_min(), Limits::epsilon()})
    CHECK(is_finite(x));
  for (const TestType x :
       {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN()})
    CHECK_FALSE(is_finite(x));
}
