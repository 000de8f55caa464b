// expect: an autoregressive layer's second argument is a masked conditioner
#include <eigenflow/conditioners/mlp.hpp>
#include <eigenflow/layers/autoregressive.hpp>

namespace ef = eigenflow;

#ifdef EIGENFLOW_MUST_NOT_COMPILE
using Conditioner = ef::Mlp<float>;
#else
using Conditioner = ef::MaskedMlp<float>;
#endif

int main() {
  const ef::Autoregressive<ef::Affine<float>, Conditioner> layer(6);
}
