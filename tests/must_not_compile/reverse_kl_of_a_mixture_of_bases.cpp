// expect: reverse KL differentiates through the base's samples
#include <eigenflow/bases/mixture.hpp>
#include <eigenflow/bases/student_t.hpp>
#include <eigenflow/data/energies_2d.hpp>
#include <eigenflow/fit_target.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const ef::Mixture base(3, ef::StudentT<float, 2>());
#else
  const ef::StudentT<float, 2> base;
#endif
  ef::Flow flow{ef::Planar<float, 2>(), base, rng};
  return ef::fit(flow, ef::energy_u1, {.steps = 1}).epochs.size() == 1 ? 0 : 1;
}
