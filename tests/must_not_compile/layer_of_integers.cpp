// expect: a flow computes in float, double or long double
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/permutation.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Scalar = int;
#else
using Scalar = float;
#endif

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Permutation<Scalar, 2>> flow{rng};
}
