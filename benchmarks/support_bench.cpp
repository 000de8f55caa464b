#include <eigenflow/layers/support.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("logit/D=2",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::Logit<Scalar, 2>(2, -20, 20); });
  benchmarks::layer("log/D=16", []<class Scalar>(Scalar, ef::Rng&) { return ef::Log<Scalar>(16, -20); });
  return benchmarks::run(argc, argv);
}
