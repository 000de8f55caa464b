#include "eigenflow/data/detail/bessel.hpp"

#include <array>
#include <utility>

#include "support/catch.hpp"

TEST_CASE("log(exp(-z) I0(z)): thirty-digit values, on both sides of the seam") {
  // By mpmath.
  const std::array<std::pair<double, double>, 11> table{{{0.001, -0.000999750000015624998},
                                                         {0.5, -0.438450280814518696},
                                                         {1.0, -0.764085641492821351},
                                                         {10.0, -2.05702791688130445},
                                                         {24.9, -2.52124704405331191},
                                                         {25.0, -2.52327199500075624},
                                                         {25.1, -2.52528877538607302},
                                                         {40.0, -2.76021313864764315},
                                                         {100.0, -3.22026731005741628},
                                                         {1500.0, -4.57546536561940213},
                                                         {1000000.0, -7.82669368718674729}}};
  for (const auto& [z, expected] : table) {
    CAPTURE(z);
    CHECK(eigenflow::detail::log_scaled_bessel_i0(z) == Approx(expected).epsilon(1e-13));
  }
  CHECK(eigenflow::detail::log_scaled_bessel_i0(0.0) == 0.0);
}
