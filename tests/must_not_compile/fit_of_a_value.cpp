// expect: a target, which is called as f(x, grad) or f(x, log_p, grad)
#include <eigenflow/fit_target.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  ef::Flow<ef::Planar<float, 2>> flow{rng};
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const auto normal = [](const auto& x) { return -x.squaredNorm() / 2; };
#else
  const auto normal = [](const auto& x, auto& grad) {
    grad = -x;
    return -x.squaredNorm() / 2;
  };
#endif
  ef::fit(flow, normal, {.steps = 1});
}
