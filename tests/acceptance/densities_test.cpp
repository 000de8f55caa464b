#include <Eigen/Core>
#include <cmath>
#include <numbers>

#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/data/two_moons.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"
#include "support/density.hpp"
#include "support/engine.hpp"

// The density of a trained flow integrates to one, whatever training made of its parameters.

namespace ef = eigenflow;

namespace {

template <class L>
void check_trained(const L& layer, Eigen::Index count) {
  ef::Rng rng(1);
  const auto x = ef::two_moons<double>(2000, rng);
  ef::Flow<ef::Standardize<double, 2>, ef::Stack<L>> flow{ef::Standardize<double, 2>(),
                                                          ef::Stack(count, layer), rng};
  ef::fit(flow, x,
          {.steps = 300, .batch_size = 256, .learning_rate = 0.01, .schedule = ef::cosine_schedule(0.01)});
  // Training has left the best Gaussian behind: what is integrated has a shape.
  const Eigen::VectorXd deviation =
      ((x.rowwise() - x.colwise().mean()).cwiseAbs2().colwise().mean()).cwiseSqrt().transpose();
  const double gaussian = -std::log(2 * std::numbers::pi * deviation.prod()) - 1;
  CHECK(flow.log_prob(x).mean() > gaussian + 0.1);
  CHECK(density::integral(flow, 8, 641) == Approx(1).margin(1e-4));
}

}  // namespace

TEST_CASE("trained planar layers integrate to one") {
  check_trained(ef::Planar<double, 2>(), 12);
}
TEST_CASE("trained planar layers that generate integrate to one") {
  check_trained(ef::inverse(ef::Planar<double, 2>()), 6);
}
TEST_CASE("trained radial layers integrate to one") {
  check_trained(ef::Radial<double, 2>(), 12);
}
TEST_CASE("trained couplings integrate to one") {
  check_trained(
      ef::Chain(ef::AffineCoupling<double, 2>({}, {.hidden = {16, 16}}), ef::Permutation<double, 2>()), 4);
}
