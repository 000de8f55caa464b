#include "eigenflow/compose/recompute.hpp"

#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(3, []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::Recompute(ef::AffineCoupling<S, D>(kind.dim, 1, options, {}, 2));
  });
}
