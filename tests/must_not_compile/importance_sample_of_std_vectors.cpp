// expect: a target of importance_sample is called as f(x), f(x, grad) or f(x, log_p, grad)
#include <eigenflow/flow.hpp>
#include <eigenflow/importance_sample.hpp>
#include <eigenflow/layers/planar.hpp>
#include <vector>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Point = std::vector<float>;
#else
using Point = Eigen::Vector2f;
#endif

int main() {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<float, 2>> flow{rng};
  const auto normal = [](const Point& x) { return -(x[0] * x[0] + x[1] * x[1]) / 2; };
  return ef::importance_sample(flow, normal, 9, rng).x.rows() == 9 ? 0 : 1;
}
