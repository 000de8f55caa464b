// expect: the result must be written to a matrix, map or block
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>
#include <vector>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<float, 2>> flow{rng};
  std::vector<float> log_p(3);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  flow.log_prob_into(Eigen::MatrixXf::Zero(3, 2), log_p);
#else
  flow.log_prob_into(Eigen::MatrixXf::Zero(3, 2), Eigen::Map<Eigen::VectorXf>(log_p.data(), 3));
#endif
}
