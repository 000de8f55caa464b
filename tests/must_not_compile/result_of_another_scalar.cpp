// expect: the storage for the result has another scalar type than the flow
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Written = double;
#else
using Written = float;
#endif

int main() {
  eigenflow::Rng rng(1);
  const eigenflow::Flow<eigenflow::Planar<float, 2>> flow{rng};
  Eigen::Matrix<Written, Eigen::Dynamic, 1> log_p(3);
  flow.log_prob_into(Eigen::MatrixXf::Zero(3, 2), log_p);
}
