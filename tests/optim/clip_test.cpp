#include "eigenflow/optim/clip.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "eigenflow/numerics/finite.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

TEMPLATE_TEST_CASE("the global norm of small vectors of every length", "", float, double) {
  // 1² + 2² + ... + n² = n (n + 1) (2n + 1) / 6, exact in every type here
  for (int n = 0; n <= 21; ++n) {
    std::vector<TestType> grad;
    for (int i = 1; i <= n; ++i) grad.push_back(static_cast<TestType>(i % 2 == 0 ? i : -i));
    CHECK(ef::global_norm(std::span<const TestType>(grad)) == std::sqrt(n * (n + 1) * (2 * n + 1) / 6.0));
  }
}

TEST_CASE("the norm of a float gradient is summed in double") {
  // A float sum that has reached 2²⁴ takes no more ones, and the square of 1e30 is infinite.
  std::vector<float> grad(1'000'000, 1.0F);
  for (std::size_t i = 0; i < 4; ++i) grad[i] = 4096;
  CHECK(ef::global_norm(std::span<const float>(grad)) == std::sqrt(4 * 16'777'216.0 + 999'996.0));
  const std::vector<float> large(4, 1e30F);
  CHECK(ef::global_norm(std::span<const float>(large)) == Approx(2e30).epsilon(1e-7));
}

TEMPLATE_TEST_CASE("a gradient is shortened only when it is longer", "", float, double) {
  std::vector<TestType> grad{3, 0, -4};
  const std::vector<TestType> before = grad;
  CHECK(ef::clip_global_norm(std::span(grad), 5.0) == 5.0);
  CHECK(grad == before);
  CHECK(ef::clip_global_norm(std::span(grad), 1.0) == 5.0);
  CHECK(grad[0] == Approx(0.6).epsilon(1e-6));
  CHECK(grad[1] == 0);
  CHECK(grad[2] == Approx(-0.8).epsilon(1e-6));

  std::vector<TestType> huge(4, TestType(1e30));
  ef::clip_global_norm(std::span(huge), 1.0);
  for (const TestType value : huge) CHECK(value == Approx(0.5).epsilon(1e-6));
}

TEST_CASE("a gradient that is not finite has a norm that is not") {
  std::vector<float> grad{1, std::numeric_limits<float>::quiet_NaN()};
  CHECK_FALSE(ef::detail::is_finite(ef::clip_global_norm(std::span(grad), 1.0)));
  grad[1] = std::numeric_limits<float>::infinity();
  CHECK_FALSE(ef::detail::is_finite(ef::clip_global_norm(std::span(grad), 1.0)));
}
