#include "eigenflow/layers/act_norm.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D>) {
    ef::VectorX<S> mean(2), scale(2);
    mean << 1, -2;
    scale << 0.5F, 3;
    return ef::ActNorm<S, D>(mean, scale);
  });
}
