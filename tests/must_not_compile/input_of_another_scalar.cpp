// expect: this matrix has another scalar type than the flow: convert it
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Given = double;
#else
using Given = float;
#endif

int main() {
  eigenflow::Rng rng(1);
  const eigenflow::Flow<eigenflow::Planar<float, 2>> flow{rng};
  const Eigen::Matrix<Given, Eigen::Dynamic, 2> x(0, 2);
  return static_cast<int>(flow.log_prob(x).size());
}
