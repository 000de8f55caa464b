// expect: this part lacks something that the concept Layer
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/permutation.hpp>

namespace ef = eigenflow;

class OneWay : public ef::Permutation<float, 2> {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
 private:
#else
 public:
#endif
  using Permutation::inverse;
};

int main() {
  ef::Rng rng(1);
  const ef::Flow flow{OneWay(), rng};
}
