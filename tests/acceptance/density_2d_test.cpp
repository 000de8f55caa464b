#include <map>
#include <string>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/data/two_d.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/divergence.hpp"
#include "support/engine.hpp"

// The experiments that the library is measured by: couplings with networks of 64 × 64, linear maps between them,
// fitted to each of the 2-D sets and judged by the exact Kullback-Leibler divergence on fresh rows.

namespace ef = eigenflow;

namespace {

using Nats = std::map<std::string, double>;
using Mixing = ef::LuLinear<float, 2>;

auto affine() {
  return ef::Chain(ef::AffineCoupling<float, 2>({}, {.hidden = {64, 64}}),
                   Mixing(ef::Permutation<float, 2>(), 0.5));
}
auto spline() {
  return ef::Chain(ef::SplineCoupling<float, 2>({}, {.hidden = {64, 64}}),
                   Mixing(ef::Permutation<float, 2>()));
}

}  // namespace

TEST_CASE("affine couplings fit the 2-D sets as well as the same work does in JAX", "[slow]") {
  // JAX's own error is ± .006; .01 of slack.
  const Nats jax = {{"two_moons", 0.008},   {"swiss_roll", 0.026},   {"circles", 0.058},
                    {"pinwheel", 0.099},    {"checkerboard", 0.251}, {"eight_gaussians", 0.074},
                    {"two_spirals", 0.299}, {"rings", 0.463}};
  ef::for_each_set_2d<float>([&](const auto& set) {
    DYNAMIC_SECTION(set.name()) {
      const double kl = divergence::median_kl(
          set, affine(),
          {.layers = 16, .steps = 4000, .training_rows = 20'000, .fresh_rows = 100'000, .held_out = 0.1});
      CHECK(kl <= jax.at(set.name()) + 0.01);
    }
  });
}

TEST_CASE("spline couplings fit the 2-D sets as well as the same work does in FlowJAX", "[slow]") {
  // FlowJAX's own error is ± .006. The rows are many, so that eight bins a feature do not learn them by
  // heart.
  const Nats flowjax = {
      {"two_moons", 0.007}, {"eight_gaussians", 0.008}, {"swiss_roll", 0.011},   {"pinwheel", 0.015},
      {"circles", 0.017},   {"two_spirals", 0.025},     {"checkerboard", 0.064}, {"rings", 0.114}};
  ef::for_each_set_2d<float>([&](const auto& set) {
    DYNAMIC_SECTION(set.name()) {
      const double kl = divergence::median_kl(
          set, spline(), {.layers = 6, .steps = 3000, .training_rows = 200'000, .fresh_rows = 100'000});
      CHECK(kl <= flowjax.at(set.name()) + 0.006);
    }
  });
}

TEST_CASE("a quarter of the couplings learn half of two moons in a twentieth of the steps") {
  // The standardised Gaussian, where the flow begins, is 1.00 nats away.
  const auto [kl, error] =
      divergence::fitted(ef::two_moons<float>, affine(), 1,
                         {.layers = 4, .steps = 200, .training_rows = 20'000, .fresh_rows = 4000});
  INFO(kl << " ± " << error);
  CHECK(error < 0.02);
  CHECK(kl > 0);
  CHECK(kl < 0.5);
}
