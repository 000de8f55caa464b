#include "eigenflow/layers/permutation.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(4, []<class S, int D>(contract::Kind<S, D>) {
    return ef::Permutation<S, D>({2, 0, 3, 1});
  });
}
