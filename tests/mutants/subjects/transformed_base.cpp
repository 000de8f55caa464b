#include "eigenflow/compose/transformed_base.hpp"

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/layers/radial.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::TransformedBase<ef::Radial<S, D>, ef::DiagonalNormal<S, D>>(
        ef::Radial<S, D>(kind.dim), ef::DiagonalNormal<S, D>(kind.dim));
  });
}
