// expect: the options in the flow's scalar type, then the optimizer
#include <eigenflow/fit.hpp>
#include <eigenflow/layers/coupling.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  ef::Flow flow{ef::AffineCoupling<double, 2>(2, {}, 1), rng};
  const Eigen::MatrixXd x = Eigen::MatrixXd::Zero(9, 2), c = Eigen::MatrixXd::Zero(9, 1);
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  ef::fit(flow, x, c, ef::FitOptions<float>{.epochs = 1});
#else
  ef::fit(flow, x, c, ef::FitOptions<double>{.epochs = 1});
#endif
}
