#include "eigenflow/bases/student_t.hpp"

#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(2,
                      []<class S, int D>(contract::Kind<S, D> kind) { return ef::StudentT<S, D>(kind.dim); },
                      {.spread = 30});
}
