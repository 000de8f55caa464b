#include "eigenflow/layers/autoregressive.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(3, []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {4}, .activation = ef::Activation::tanh};
    return ef::CircularSplineAutoregressive<S, D>(kind.dim, {1, 2, 0}, options,
                                                  ef::circular_spline<S>({2, 1}, {.bins = 2}), 1);
  });
}
