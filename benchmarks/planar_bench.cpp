#include <eigenflow/layers/planar.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("planar/D=2", []<class Scalar>(Scalar, ef::Rng&) { return ef::Planar<Scalar, 2>(); });
  benchmarks::layer("planar/D=16", []<class Scalar>(Scalar, ef::Rng&) { return ef::Planar<Scalar>(16); });
  return benchmarks::run(argc, argv);
}
