// expect: the layers of a Chain must all have the same scalar type
#include <eigenflow/compose/chain.hpp>
#include <eigenflow/layers/planar.hpp>

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Second = float;
#else
using Second = double;
#endif

int main() {
  const eigenflow::Chain chain{eigenflow::Planar<double, 2>(), eigenflow::Planar<Second, 2>()};
  return chain.dim() == 2 ? 0 : 1;
}
