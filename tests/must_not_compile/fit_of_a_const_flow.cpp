// expect: fit changes the parameters of a flow: this one is const
#include <eigenflow/fit.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Flow = const ef::Flow<ef::Planar<float, 2>>;
#else
using Flow = ef::Flow<ef::Planar<float, 2>>;
#endif

int main() {
  ef::Rng rng(1);
  Flow flow{rng};
  ef::fit(flow, Eigen::MatrixXf::Zero(9, 2));
}
