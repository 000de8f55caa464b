#include <eigenflow/layers/act_norm.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  benchmarks::layer("act_norm/D=2", []<class Scalar>(Scalar, ef::Rng&) { return ef::ActNorm<Scalar, 2>(); });
  benchmarks::layer("act_norm/D=16", []<class Scalar>(Scalar, ef::Rng&) { return ef::ActNorm<Scalar>(16); });
  return benchmarks::run(argc, argv);
}
