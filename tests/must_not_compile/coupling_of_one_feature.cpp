// expect: a coupling needs two features or more
#include <eigenflow/layers/coupling.hpp>

#ifdef EIGENFLOW_MUST_NOT_COMPILE
constexpr int dim = 1;
#else
constexpr int dim = 2;
#endif

int main() {
  const eigenflow::AffineCoupling<float, dim> coupling;
  return coupling.dim() == dim ? 0 : 1;
}
