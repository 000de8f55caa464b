#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/layers/radial.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AnyLayer<S>(ef::Radial<S, D>(kind.dim));
  });
}
