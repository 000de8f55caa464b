// expect: a Stack is made of layers
#include <eigenflow/compose/stack.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

struct Nothing {
  using Scalar = float;
  static constexpr int static_dim = 2;
};

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Stacked = ef::Stack<Nothing>;
#else
using Stacked = ef::Stack<ef::Planar<float, 2>>;
#endif

Stacked stacked() {
  return Stacked(2);
}
