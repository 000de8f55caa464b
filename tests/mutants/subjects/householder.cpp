#include "eigenflow/layers/householder.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(
      3, []<class S, int D>(contract::Kind<S, D> kind) { return ef::Householder<S, D>(kind.dim, 3); });
}
