#include <eigenflow/layers/coupling.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("spline_coupling/D=2/64x64/8 bins", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::SplineCoupling<Scalar, 2>(2, {.hidden = {64, 64}});
  });
  benchmarks::layer("spline_coupling/D=6/64x64/8 bins", []<class Scalar>(Scalar, ef::Rng&) {
    return ef::SplineCoupling<Scalar>(6, {.hidden = {64, 64}});
  });
  return benchmarks::run(argc, argv);
}
