// expect: the layers of a Chain must all have the same number of features
#include <eigenflow/compose/chain.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Layers = ef::Chain<ef::Planar<double, 2>, ef::Planar<double, 3>>;
#else
using Layers = ef::Chain<ef::Planar<double, 2>, ef::Planar<double, 2>>;
#endif

Layers build() {
  return Layers();
}
