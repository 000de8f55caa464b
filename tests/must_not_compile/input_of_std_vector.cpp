// expect: a flow takes its rows from a dense Eigen matrix
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>
#include <vector>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<float, 2>> flow{rng};
  const std::vector<float> x(200);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const auto log_p = flow.log_prob(x);
#else
  const auto log_p = flow.log_prob(Eigen::Map<const Eigen::MatrixXf>(x.data(), 100, 2));
#endif
}
