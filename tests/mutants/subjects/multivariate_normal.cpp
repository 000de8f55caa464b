#include "eigenflow/bases/multivariate_normal.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(
      3, []<class S, int D>(contract::Kind<S, D> kind) { return ef::MultivariateNormal<S, D>(kind.dim); });
}
