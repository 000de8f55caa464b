#include "eigenflow/compose/front.hpp"

#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(4, []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::Front<ef::AffineCoupling<S>, D>(kind.dim, ef::AffineCoupling<S>(3, 1, options, {}, 2));
  });
}
