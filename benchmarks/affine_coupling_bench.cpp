#include <eigenflow/layers/coupling.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("affine_coupling/D=2/64x64", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::AffineCoupling<Scalar, 2>(2, {.hidden = {64, 64}});
  });
  benchmarks::layer("affine_coupling/D=6/128x128", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::AffineCoupling<Scalar>(6, {.hidden = {128, 128}});
  });
  benchmarks::layer("affine_coupling/D=43/256x256", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::AffineCoupling<Scalar>(43, {.hidden = {256, 256}});
  });
  benchmarks::layer("affine_coupling/D=64/512x512", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::AffineCoupling<Scalar>(64, {.hidden = {512, 512}});
  });
  return benchmarks::run(argc, argv);
}
