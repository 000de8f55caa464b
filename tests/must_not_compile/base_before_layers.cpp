// expect: a Chain is made of layers, and so is a Flow before its base
#include <eigenflow/bases/diagonal_normal.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const ef::Flow flow{ef::DiagonalNormal<float, 2>(), ef::Planar<float, 2>(), rng};
#else
  const ef::Flow flow{ef::Planar<float, 2>(), ef::DiagonalNormal<float, 2>(), rng};
#endif
}
