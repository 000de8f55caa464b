#include <eigenflow/layers/autoregressive.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("masked_autoregressive/D=2/64x64", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::MaskedAutoregressive<Scalar, 2>(2, {.hidden = {64, 64}});
  });
  benchmarks::layer("masked_autoregressive/D=16/128x128", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::MaskedAutoregressive<Scalar>(16, {.hidden = {128, 128}});
  });
  benchmarks::layer("autoregressive/D=16/2 residual blocks of 128", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::Autoregressive<ef::Affine<Scalar>, ef::MaskedResidualNet<Scalar>>(16,
                                                                                 {.width = 128, .blocks = 2});
  });
  return benchmarks::run(argc, argv);
}
