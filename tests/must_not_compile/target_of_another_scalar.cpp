// expect: a target of reverse KL is called as f(x, grad)
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>
#include <eigenflow/objectives/reverse_kl.hpp>

namespace ef = eigenflow;
#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Point = Eigen::Vector2f;
#else
using Point = Eigen::Vector2d;
#endif

int main() {
  ef::Rng rng(1);
  const ef::Flow flow{ef::Planar<double, 2>(), rng};
  const auto target = [](const Point& x, Point& grad) {
    grad = -x;
    return -x.squaredNorm() / 2;
  };
  return ef::ReverseKl{}(flow, target, 10, rng, {}) < 0 ? 0 : 1;
}
