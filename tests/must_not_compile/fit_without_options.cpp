// expect: the options in the flow's scalar type, then the optimizer
#include <eigenflow/fit.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  ef::Flow<ef::Planar<float, 2>> flow{rng};
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  ef::fit(flow, Eigen::MatrixXf::Zero(9, 2), ef::Adam{});
#else
  ef::fit(flow, Eigen::MatrixXf::Zero(9, 2), {}, ef::Adam{});
#endif
}
