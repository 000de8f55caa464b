#include "eigenflow/conditioners/residual_net.hpp"

#include "eigenflow/layers/coupling.hpp"
#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(3, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Shift<S>, ef::ResidualNet<S>, D>(
        kind.dim, {.width = 3, .blocks = 2, .activation = ef::Activation::tanh});
  });
  mutants::check_layer(3, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Shift<S>, ef::ResidualNet<S>, D>(
        kind.dim, {.width = 3, .blocks = 2, .activation = ef::Activation::tanh, .gates = 2}, 2);
  });
}
