// expect: the storage for the result is const: it cannot be written to
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Written = const Eigen::VectorXf;
#else
using Written = Eigen::VectorXf;
#endif

int main() {
  eigenflow::Rng rng(1);
  const eigenflow::Flow<eigenflow::Planar<float, 2>> flow{rng};
  Written log_p = Eigen::VectorXf::Zero(3);
  flow.log_prob_into(Eigen::MatrixXf::Zero(3, 2), log_p);
}
