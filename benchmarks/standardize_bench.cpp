#include <eigenflow/layers/standardize.hpp>

#include "support/layer_bench.hpp"

namespace ef = eigenflow;

namespace {

// Statistics other than the start's, which is the identity.
template <class Scalar>
ef::Standardize<Scalar> standardize(Eigen::Index dim) {
  return {ef::VectorX<Scalar>::Constant(dim, Scalar(0.5)).eval(),
          ef::VectorX<Scalar>::Constant(dim, Scalar(3)).eval()};
}

}  // namespace

int main(int argc, char** argv) {
  benchmarks::layer("standardize/D=2", []<class Scalar>(Scalar, ef::Rng&) { return standardize<Scalar>(2); });
  benchmarks::layer("standardize/D=16",
                    []<class Scalar>(Scalar, ef::Rng&) { return standardize<Scalar>(16); });
  return benchmarks::run(argc, argv);
}
