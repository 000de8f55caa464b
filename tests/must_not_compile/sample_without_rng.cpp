// expect: samples are drawn with an Rng that every call moves on
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<float, 2>> flow{rng};
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  return static_cast<int>(flow.sample(10).rows());
#else
  return static_cast<int>(flow.sample(10, rng).rows());
#endif
}
