#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/maps/scale_maps.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D> kind) {
    using Affine = ef::Affine<S, ef::Reciprocal<ef::SigmoidScale>>;
    return ef::Coupling<Affine, ef::Mlp<S>, D>(kind.dim, ef::MlpOptions{.hidden = {3}});
  });
}
