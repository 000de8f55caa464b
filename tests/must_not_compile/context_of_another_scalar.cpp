// expect: this context has another scalar type than the flow: convert it
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Given = Eigen::MatrixXd;
#else
using Given = Eigen::MatrixXf;
#endif

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<float, 2>> flow{rng};
  const auto log_p = flow.log_prob(Eigen::MatrixXf(0, 2), Given(0, 0));
}
