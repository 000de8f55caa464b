// expect: Stack(count) makes default layers
#include <eigenflow/compose/stack.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

int main() {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  const ef::Stack<ef::Planar<float>> stack(8);
#else
  const ef::Stack<ef::Planar<float>> stack(8, ef::Planar<float>(6));
#endif
}
