// expect: a flow's layers and its base must have the same scalar type
#include <eigenflow/bases/diagonal_normal.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Base = ef::DiagonalNormal<double, 2>;
#else
using Base = ef::DiagonalNormal<float, 2>;
#endif

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<float, 2>, Base> flow{rng};
}
