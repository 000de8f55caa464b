// expect: an objective is called as objective(flow, batch, grad) and returns the loss
#include <eigenflow/fit.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

struct Objective : ef::MaximumLikelihood {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  double operator()(double loss) const {
    return loss;
  }
#endif
};

int main() {
  ef::Rng rng(1);
  ef::Flow<ef::Planar<float, 2>> flow{rng};
  ef::fit(flow, Eigen::MatrixXf::Zero(9, 2), {}, ef::Adam(), Objective());
}
