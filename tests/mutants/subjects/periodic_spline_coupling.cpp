#include "eigenflow/layers/coupling.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D> kind) {
    using Spline = ef::RationalQuadraticSpline<S, ef::SplineTails::periodic>;
    return ef::Coupling<Spline, ef::Mlp<S>, D>(kind.dim, 1,
                                               {.hidden = {3}, .activation = ef::Activation::tanh},
                                               ef::SplineOptions{.bins = 2, .bound = 3, .rotate = true});
  });
}
