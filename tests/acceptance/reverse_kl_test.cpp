#include <Eigen/Core>
#include <cstdint>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/data/energies_2d.hpp"
#include "eigenflow/fit_target.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"

// Spline couplings, fitted by reverse KL to energies whose normalisers are known, with the setting of the example.

namespace ef = eigenflow;

namespace {

/// KL(q‖p) of the fitted flow: E_q[log q + U] + log Z over samples that the fit has not seen.
template <class Energy>
double fitted_kl(const Energy& energy, std::uint64_t seed) {
  using Spline = ef::RationalQuadraticSpline<float>;
  const ef::Standardize<float, 2> halve(Eigen::Vector2f(0, 0), Eigen::Vector2f(2, 2));
  const ef::Chain block{
      ef::SplineCoupling<float, 2>(2, 1, {.hidden = {64, 64}}, Spline({.bins = 16, .bound = 5})),
      ef::LuLinear<float, 2>(ef::Permutation<float, 2>())};
  ef::Rng rng(seed);
  ef::Flow flow{ef::Chain{halve, ef::Stack(4, block)}, rng};
  ef::fit(flow, energy,
          {.steps = 8'000,
           .batch_size = 512,
           .learning_rate = 1e-3,
           .schedule = ef::warm_up(100, ef::cosine_schedule()),
           .clip_norm = 20,
           .annealing = 2'000,
           .epoch_steps = 500,
           .validation_samples = 10'000,
           .seed = seed},
          ef::Adam{.beta2 = 0.99}, ef::ReverseKl{.path_gradient = true});
  return ef::ReverseKl{}(flow, energy, 200'000, ef::Rng(3), {}) + energy.log_z();
}

}  // namespace

TEST_CASE("spline couplings come within 0.03 nats of -log Z for U1 to U4", "[slow]") {
  ef::for_each_energy_2d([&](const auto& energy) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      DYNAMIC_SECTION(energy.name() << ", seed " << seed) {
        CHECK(fitted_kl(energy, seed) < 0.03);
      }
    }
  });
}
