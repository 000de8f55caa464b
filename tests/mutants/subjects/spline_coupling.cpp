#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::SplineCoupling<S, D>(kind.dim, 1, {.hidden = {3}, .activation = ef::Activation::tanh},
                                    ef::SplineOptions{.bins = 4, .bound = 1});
  });
}
