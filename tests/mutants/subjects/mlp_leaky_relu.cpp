#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(3, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AdditiveCoupling<S, D>(
        kind.dim, {.hidden = {5}, .activation = ef::Activation::leaky_relu, .negative_slope = 0.3});
  });
}
