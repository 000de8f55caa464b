// expect: a coupling's second argument is its conditioner
#include <eigenflow/layers/coupling.hpp>

namespace ef = eigenflow;

class NotDifferentiable : public ef::Mlp<float> {
 public:
  using Mlp::Mlp;
#ifdef EIGENFLOW_MUST_NOT_COMPILE
 private:
#endif
  using Mlp::vjp;
};

int main() {
  const ef::Coupling<ef::Affine<float>, NotDifferentiable> coupling(6);
}
