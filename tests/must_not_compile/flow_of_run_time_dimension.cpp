// expect: a part whose number of features is set at run time has no default
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const ef::Flow<ef::Planar<float>> flow{rng};
#else
  const ef::Flow<ef::Planar<float>> flow{ef::Planar<float>(6), rng};
#endif
}
