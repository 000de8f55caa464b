// -ffast-math does not reach the library (numerics/ieee_begin.hpp): the digits of a usual build, no NaN, and a NaN of the
// user's is still found.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "run.hpp"

namespace {

int failures = 0;

void expect(bool holds, const char* build, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s\n", build, law);
  ++failures;
}

bool agree(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](double x, double y) { return std::abs(x - y) <= tolerance * (1 + std::abs(y)); });
}

void compare(const Run& fast, const Run& exact, const char* build) {
  expect(agree(fast.in_double, exact.in_double, 1e-13), build, "other digits in double");
  expect(agree(fast.in_float, exact.in_float, 3e-5), build, "other digits in float");
  expect(agree(fast.far_out, exact.far_out, 1e-5), build, "other densities far out");
  expect(fast.refusal.find("row 3, column 1 is nan") != std::string::npos, build, "fit takes a NaN");
}

}  // namespace

int main() {
  const Run exact = run_exact();
  expect(std::all_of(exact.far_out.begin(), exact.far_out.end(), [](double v) { return std::isfinite(v); }),
         "exact", "a density far out is not finite");
  compare(run_fast(), exact, "-ffast-math");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
