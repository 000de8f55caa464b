#include "eigenflow/any/any_base.hpp"
#include "eigenflow/bases/diagonal_normal.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AnyBase<S>(ef::DiagonalNormal<S, D>(kind.dim));
  });
}
