#include "eigenflow/bases/conditional_normal.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::ConditionalNormal<S, D>(kind.dim, 2, {.hidden = {3}, .activation = ef::Activation::tanh});
  });
}
