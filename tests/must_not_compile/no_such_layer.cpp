// expect: there is no layer of this number
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<float, 2>> flow{rng};
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  return flow.layer_parameters<1>().w.size() == 2 ? 0 : 1;
#else
  return flow.layer_parameters<0>().w.size() == 2 ? 0 : 1;
#endif
}
