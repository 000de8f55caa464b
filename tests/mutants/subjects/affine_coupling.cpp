#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(5, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AffineCoupling<S, D>(kind.dim, {.hidden = {3, 4}, .activation = ef::Activation::tanh});
  });
}
