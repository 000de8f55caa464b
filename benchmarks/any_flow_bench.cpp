// What it costs that a flow's type is known at run time alone: the log-density of a batch and of one point of a Real
// NVP, by a Flow and by the AnyFlow that a file of it gives.

#include <benchmark/benchmark.h>

#include <eigenflow/eigenflow.hpp>
#include <utility>
#include <vector>

#include "support/data.hpp"

namespace {

namespace ef = eigenflow;

// 8 couplings of 64 × 64, as a type and as a file's reader makes them.
struct Flows {
  using Coupling = ef::AffineCoupling<float>;
  using AnyCoupling = ef::Coupling<ef::Affine<float, ef::AnyScale>, ef::Mlp<float>>;
  using Block = ef::Chain<Coupling, ef::Permutation<float>>;

  ef::Rng rng{1};
  ef::Flow<ef::Stack<Block>> typed{
      ef::Stack<Block>(8, Block(Coupling(2), ef::Permutation<float>::reverse(2))), rng};
  ef::AnyFlow<float> any = make_any();

  Flows() {
    benchmarks::perturb(typed.parameters(), rng);
    any.parameters() = typed.parameters();
  }
  ef::AnyFlow<float> make_any() {
    std::vector<ef::AnyLayer<float>> block, stack, all;
    block.emplace_back(AnyCoupling(2, 1, {}, {ef::AnyScale(ef::SoftClip(1))}));
    block.emplace_back(ef::Permutation<float>::reverse(2));
    for (int i = 0; i < 8; ++i) stack.emplace_back(ef::AnyChain<float>(block));
    all.emplace_back(ef::Stack<ef::AnyLayer<float>>(std::move(stack)));
    return {ef::AnyChain<float>(std::move(all)), ef::AnyBase<float>(ef::StandardNormal<float>(2)), rng};
  }
};

template <class Flow>
void log_prob(benchmark::State& state, const Flow& flow) {
  ef::Rng rng(2);
  const ef::MatrixX<float> x = benchmarks::normal_batch<float>(state.range(0), 2, rng);
  ef::VectorX<float> result(x.rows());
  for (auto _ : state) {
    flow.log_prob_into(x, result);
    benchmark::DoNotOptimize(result.data());
  }
}

void real_nvp_typed(benchmark::State& state) {
  log_prob(state, Flows().typed);
}
void real_nvp_any(benchmark::State& state) {
  log_prob(state, Flows().any);
}
BENCHMARK(real_nvp_typed)->Arg(1)->Arg(256)->Arg(4'096)->Unit(benchmark::kMicrosecond);
BENCHMARK(real_nvp_any)->Arg(1)->Arg(256)->Arg(4'096)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
