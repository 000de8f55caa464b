#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

// The same seed gives the same theta, bit for bit, for any number
// of threads, and a training step takes nothing from the heap.

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXf;
using Eigen::VectorXf;

namespace {

using Coupling = ef::AffineCoupling<float>;
using Block = ef::Chain<Coupling, ef::Permutation<float>>;
using Model = ef::Flow<ef::Standardize<float>, ef::Stack<Block>, ef::DiagonalNormal<float>>;

Model coupling_flow(Index couplings, Index dim, Index width, std::uint64_t seed = 1) {
  ef::Rng rng(seed);
  const Block block(Coupling(dim, {.hidden = {width, width}}), ef::Permutation<float>::reverse(dim));
  return Model(ef::Standardize<float>(dim), ef::Stack(couplings, block), ef::DiagonalNormal<float>(dim), rng);
}

struct Fitted {
  VectorXf theta;
  double loss;
};

Fitted fitted(int threads, std::uint64_t seed) {
  const ThreadCount scope(threads);
  const MatrixXf x = contract::random_normal<float>(1000, 2, 5).array().cube();
  VectorXf weights(1000);
  for (Index i = 0; i < 1000; ++i) weights[i] = static_cast<float>(1 + i * 5 % 16) / 8;
  Model flow = coupling_flow(3, 2, 24);
  const ef::History history = ef::fit(flow, x,
                                      {.epochs = 20,
                                       .batch_size = 300,
                                       .clip_norm = 1,
                                       .validation_fraction = 0.3,
                                       .weights = weights,
                                       .seed = seed});
#ifdef _OPENMP
  REQUIRE(ef::detail::useful_threads(3, flow.work_per_row() * 300 * 3) == std::min(threads, 3));
#endif
  return {flow.parameters(), history.best_loss};
}

// Maximum likelihood that notes the allocation count whenever a training step begins.
struct Counting {
  std::vector<std::size_t>* counts;

  double operator()(const Model& flow, const ef::Batch<float>& batch, std::span<float> grad) const {
    if (!grad.empty()) counts->push_back(allocation_count());
    return ef::MaximumLikelihood{}(flow, batch, grad);
  }
};

}  // namespace

TEST_CASE("fit: the same seed gives the same bits, whatever the threads; another seed gives others") {
  const Fitted one = fitted(1, 7), again = fitted(1, 7), two = fitted(2, 7), three = fitted(3, 7);
  CHECK(again.theta == one.theta);
  CHECK(two.theta == one.theta);
  CHECK(three.theta == one.theta);
  CHECK(again.loss == one.loss);
  CHECK(two.loss == one.loss);
  CHECK(three.loss == one.loss);
  const Fitted other = fitted(1, 8);
  CHECK(other.theta != one.theta);
  CHECK(other.loss != one.loss);
}

TEST_CASE("fit: a training step after the first takes nothing from the heap") {
  if (!allocations_are_counted()) return;
  for (const int threads : {1, 2}) {
    const ThreadCount scope(threads);
    for (const Index width : {64, 128, 512}) {
      INFO("width " << width << ", " << threads << " threads");
      Model flow = coupling_flow(1, 6, width);
      std::vector<std::size_t> counts;
      counts.reserve(16);
      ef::fit(flow, contract::random_normal<float>(2048, 6, 5),
              {.epochs = 1, .batch_size = 512, .clip_norm = 1, .validation_fraction = 0}, ef::Adam{},
              Counting{&counts});
      REQUIRE(counts.size() == 4);
      for (std::size_t i = 2; i < counts.size(); ++i) CHECK(counts[i] - counts[i - 1] == 0);
    }
  }
}
