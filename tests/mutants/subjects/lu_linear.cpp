#include "eigenflow/layers/lu_linear.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(3, []<class S, int D>(contract::Kind<S, D>) {
    return ef::LuLinear<S, D>(ef::Permutation<S, D>({2, 0, 1}));
  });
}
