// expect: these parameters have another scalar type than the flow: convert them
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  ef::Flow<ef::Planar<float, 2>> flow{rng};
  const Eigen::VectorXd saved(5);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  flow.set_parameters(saved);
#else
  flow.set_parameters(saved.cast<float>());
#endif
}
