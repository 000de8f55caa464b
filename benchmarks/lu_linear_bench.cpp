#include <eigenflow/layers/lu_linear.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("lu_linear/D=2",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::LuLinear<Scalar, 2>(); });
  benchmarks::layer("lu_linear/D=16",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::LuLinear<Scalar>(16); });
  benchmarks::layer("lu_linear/D=64",
                    []<class Scalar>(Scalar, ef::Rng&) { return ef::LuLinear<Scalar>(64); });
  return benchmarks::run(argc, argv);
}
