// expect: a coupling's first argument is its transformer
#include <eigenflow/layers/coupling.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Layer = ef::Coupling<ef::Mlp<float>, ef::Affine<float>>;
#else
using Layer = ef::Coupling<ef::Affine<float>, ef::Mlp<float>>;
#endif

int main() {
  const Layer layer(6);
}
