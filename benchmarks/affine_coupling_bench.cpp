#include <eigenflow/layers/coupling.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("affine_coupling/D=2/64x64", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::AffineCoupling<Scalar, 2>(2, {.hidden = {64, 64}});
  });
  benchmarks::layer("affine_coupling/D=16/128x128", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::AffineCoupling<Scalar>(16, {.hidden = {128, 128}});
  });
  return benchmarks::run(argc, argv);
}
