#include "eigenflow/layers/support.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_layer(6, []<class S, int D>(contract::Kind<S, D>) {
    return ef::Support<S, D>({ef::interval(-8, 9), ef::above(-7), ef::below(6), ef::real(),
                              ef::above(-9, ef::HalfLineMap::softplus), ef::circle(-7.5, 9)});
  });
}
