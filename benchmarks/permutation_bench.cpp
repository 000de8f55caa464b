#include <eigenflow/layers/permutation.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("permutation/D=2",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::Permutation<Scalar, 2>(); });
  benchmarks::layer("permutation/D=16", []<class Scalar>(Scalar, ef::Rng& rng) {
    return ef::Permutation<Scalar>::random(16, rng);
  });
  return benchmarks::run(argc, argv);
}
