#include <eigenflow/layers/sylvester.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("sylvester/D=2",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::Sylvester<Scalar, 2>(); });
  benchmarks::layer("sylvester/D=16, M=4",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::Sylvester<Scalar>(16, 4); });
  return benchmarks::run(argc, argv);
}
