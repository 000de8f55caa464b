#include "eigenflow/compose/inverse.hpp"

#include "eigenflow/layers/radial.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(
      2, []<class S, int D>(contract::Kind<S, D> kind) { return ef::Inverse(ef::Radial<S, D>(kind.dim)); });
}
