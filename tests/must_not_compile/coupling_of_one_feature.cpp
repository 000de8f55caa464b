// expect: a coupling needs two features or more
#include <eigenflow/conditioners/mlp.hpp>
#include <eigenflow/layers/coupling.hpp>
#include <eigenflow/transformers/affine.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Layer = ef::AffineCoupling<float, 1>;
#else
using Layer = ef::AffineCoupling<float, 2>;
#endif

Layer build() {
  return Layer();
}
