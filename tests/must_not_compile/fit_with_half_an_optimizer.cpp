// expect: an optimizer has start<Scalar>(size), advance(state) and update(
#include <eigenflow/fit.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

class Optimizer : public ef::Adam {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
 private:
#else
 public:
#endif
  using Adam::update;
};

int main() {
  ef::Rng rng(1);
  ef::Flow<ef::Planar<float, 2>> flow{rng};
  ef::fit(flow, Eigen::MatrixXf::Zero(9, 2), {}, Optimizer());
}
