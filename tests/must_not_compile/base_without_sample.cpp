// expect: this one lacks something that the concept Base
#include <eigenflow/bases/standard_normal.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

class Silent : public ef::StandardNormal<float, 2> {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
 private:
#else
 public:
#endif
  using StandardNormal::sample;
};

int main() {
  ef::Rng rng(1);
  const ef::Flow flow{ef::Planar<float, 2>(), Silent(), rng};
}
