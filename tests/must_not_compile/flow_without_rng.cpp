// expect: and last the Rng that draws the parameters
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const ef::Flow flow{ef::Planar<float, 2>()};
#else
  const ef::Flow flow{ef::Planar<float, 2>(), rng};
  const ef::Flow copy{flow};
#endif
}
