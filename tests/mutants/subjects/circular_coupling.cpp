#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(4, []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::CircularSplineCoupling<S, D>(kind.dim, 2, options,
                                            ef::circular_spline<S>({2, 0}, {.bins = 2}));
  });
}
