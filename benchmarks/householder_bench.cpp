#include <eigenflow/layers/householder.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("householder/D=2",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::Householder<Scalar, 2>(); });
  benchmarks::layer("householder/D=16",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::Householder<Scalar>(16); });
  return benchmarks::run(argc, argv);
}
