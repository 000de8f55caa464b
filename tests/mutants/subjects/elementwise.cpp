#include "eigenflow/layers/elementwise.hpp"

#include "eigenflow/transformers/affine.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Elementwise<ef::Affine<S>, D>(kind.dim);
  });
}
