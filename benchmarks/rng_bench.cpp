// Random numbers: words, uniforms and normals, one by one and a batch at a time, and a permutation.

#include <benchmark/benchmark.h>

#include <eigenflow/authoring/tile.hpp>
#include <eigenflow/numerics/rng.hpp>

namespace {

namespace ef = eigenflow;

void words(benchmark::State& state) {
  ef::Rng rng(1);
  for (auto _ : state) benchmark::DoNotOptimize(rng());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(words);

template <class Scalar>
void normals_one_by_one(benchmark::State& state) {
  ef::Rng rng(1);
  for (auto _ : state) benchmark::DoNotOptimize(rng.normal<Scalar>());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(normals_one_by_one, float);
BENCHMARK_TEMPLATE(normals_one_by_one, double);

template <class Scalar, bool Normal>
void fill(benchmark::State& state) {
  ef::Rng rng(1);
  ef::MatrixX<Scalar> x(state.range(0), 2);
  for (auto _ : state) {
    if constexpr (Normal)
      rng.fill_normal(x);
    else
      rng.fill_uniform(x);
    benchmark::DoNotOptimize(x.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * x.size());
  state.SetLabel(Normal ? "normal" : "uniform");
}
BENCHMARK_TEMPLATE(fill, float, false)->ArgName("rows")->Arg(256)->Arg(4096);
BENCHMARK_TEMPLATE(fill, double, false)->ArgName("rows")->Arg(256)->Arg(4096);
BENCHMARK_TEMPLATE(fill, float, true)->ArgName("rows")->Arg(256)->Arg(4096);
BENCHMARK_TEMPLATE(fill, double, true)->ArgName("rows")->Arg(256)->Arg(4096);

void permutation(benchmark::State& state) {
  ef::Rng rng(1);
  for (auto _ : state) benchmark::DoNotOptimize(rng.permutation(state.range(0)).data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(permutation)->Arg(256)->Arg(20000);

}  // namespace

BENCHMARK_MAIN();
