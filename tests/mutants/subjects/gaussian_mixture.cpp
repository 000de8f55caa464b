#include "eigenflow/bases/gaussian_mixture.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(
      2, []<class S, int D>(contract::Kind<S, D> kind) { return ef::GaussianMixture<S, D>(kind.dim, 3); },
      {.spread = 8});
}
