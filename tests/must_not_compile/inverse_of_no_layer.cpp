// expect: an Inverse is made of a layer
#include <eigenflow/compose/inverse.hpp>
#include <eigenflow/layers/planar.hpp>

namespace ef = eigenflow;

struct Nothing {
  using Scalar = float;
  static constexpr int static_dim = 2;
};

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Turned = ef::Inverse<Nothing>;
#else
using Turned = ef::Inverse<ef::Planar<float, 2>>;
#endif

Turned turn() {
  return {};
}
