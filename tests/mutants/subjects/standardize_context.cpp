#include "eigenflow/layers/standardize_context.hpp"

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    ef::VectorX<S> mean(2), scale(2);
    mean << 0.01F, -0.02F;
    scale << 2, 0.5F;
    const ef::StandardizeContext layer(ef::AffineCoupling<S, D>(kind.dim, 1, options, {}, 2), mean, scale);
    return ef::Chain{layer, layer};  // both add to the gradient in the context
  });
}
