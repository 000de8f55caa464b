// expect: a coupling's second number is ambiguous
#include <eigenflow/layers/coupling.hpp>

namespace ef = eigenflow;

int main() {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const ef::AffineCoupling<float> coupling(6, 2);
#else
  const ef::AffineCoupling<float> coupling(6, 2, {});
#endif
}
