#include "eigenflow/bases/with_circles.hpp"

#include "eigenflow/bases/diagonal_normal.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(3, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::WithCircles<ef::DiagonalNormal<S>, D>(kind.dim, {1}, ef::DiagonalNormal<S>(2));
  });
}
