#include "eigenflow/compose/chain.hpp"

#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Chain(ef::Radial<S, D>(kind.dim), ef::Planar<S, D>(kind.dim));
  });
}
