#include <eigenflow/layers/radial.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("radial/D=2", []<class Scalar>(Scalar, ef::Rng&) { return ef::Radial<Scalar, 2>(); });
  benchmarks::layer("radial/D=16", []<class Scalar>(Scalar, ef::Rng&) { return ef::Radial<Scalar>(16); });
  return benchmarks::run(argc, argv);
}
