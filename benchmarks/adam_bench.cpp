// Optimizers and clipping: one pass over theta, for a small, a usual and a large flow.

#include <benchmark/benchmark.h>

#include <eigenflow/optim/adam.hpp>
#include <eigenflow/optim/clip.hpp>
#include <eigenflow/optim/sgd.hpp>

#include "support/data.hpp"

namespace {

namespace ef = eigenflow;

template <class Optimizer, class Scalar>
void step(benchmark::State& state) {
  ef::Rng rng(1);
  const Eigen::Index size = state.range(0);
  ef::VectorX<Scalar> theta = benchmarks::normal_batch<Scalar>(size, 1, rng);
  const ef::VectorX<Scalar> grad = benchmarks::normal_batch<Scalar>(size, 1, rng);
  const std::span<Scalar> parameters(theta.data(), static_cast<std::size_t>(size));
  const std::span<const Scalar> gradient(grad.data(), static_cast<std::size_t>(size));
  const Optimizer optimizer;
  auto optimizer_state = optimizer.template start<Scalar>(size);
  for (auto _ : state) {
    optimizer.step(optimizer_state, parameters, gradient, 1e-5);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * size);
}

template <class Scalar>
void global_norm(benchmark::State& state) {
  ef::Rng rng(1);
  const ef::VectorX<Scalar> grad = benchmarks::normal_batch<Scalar>(state.range(0), 1, rng);
  const std::span<const Scalar> gradient(grad.data(), static_cast<std::size_t>(grad.size()));
  for (auto _ : state) benchmark::DoNotOptimize(ef::global_norm(gradient));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("parameters")->Arg(160)->Arg(35000)->Arg(800000)->Unit(benchmark::kMicrosecond);
}

BENCHMARK_TEMPLATE(step, ef::Adam, float)->Apply(sizes);
BENCHMARK_TEMPLATE(step, ef::Adam, double)->Apply(sizes);
BENCHMARK_TEMPLATE(step, ef::AdamW, float)->Apply(sizes);
BENCHMARK_TEMPLATE(step, ef::Sgd, float)->Apply(sizes);
BENCHMARK_TEMPLATE(global_norm, float)->Apply(sizes);
BENCHMARK_TEMPLATE(global_norm, double)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
