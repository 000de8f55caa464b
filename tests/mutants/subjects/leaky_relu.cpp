#include "eigenflow/layers/planar.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(
      2, []<class S, int D>(contract::Kind<S, D> kind) { return ef::Planar<S, D, ef::LeakyRelu>(kind.dim); },
      {.finite_inverse = true});
}
