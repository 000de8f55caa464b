#include "eigenflow/compose/per_pixel.hpp"

#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(6, []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::PerPixel(kind.dim / 2, ef::AffineCoupling<S>(2, 1, options, {}, 2));
  });
}
