// expect: a Flow needs one layer or more before its base
#include <eigenflow/bases/diagonal_normal.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const ef::Flow<ef::DiagonalNormal<float, 2>> flow{rng};
#else
  const ef::Flow<ef::Planar<float, 2>, ef::DiagonalNormal<float, 2>> flow{rng};
#endif
}
