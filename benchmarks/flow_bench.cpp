// Whole flows: a training step, the log-density and the samples of a batch, and of one point. Real NVP in the
// sizes "couplings, hidden width, batch, dimension" that benchmarks/peers runs in other libraries as well.

#include <benchmark/benchmark.h>

#include <eigenflow/eigenflow.hpp>

#include "support/data.hpp"

namespace {

namespace ef = eigenflow;
using benchmarks::normal_batch;

template <class Scalar>
auto real_nvp(const benchmark::State& state, ef::Rng& rng) {
  using Block = ef::Chain<ef::AffineCoupling<Scalar>, ef::Permutation<Scalar>>;
  const Eigen::Index couplings = state.range(0), width = state.range(1), dim = state.range(3);
  const Block block(ef::AffineCoupling<Scalar>(dim, {.hidden = {width, width}}),
                    ef::Permutation<Scalar>::reverse(dim));
  ef::Flow flow(ef::Stack<Block>(couplings, block), rng);
  benchmarks::perturb(flow.parameters(), rng);
  return flow;
}

// Steps of maximum likelihood with Adam on one batch.
template <class Scalar, class Flow>
void train(benchmark::State& state, Flow& flow, const ef::MatrixX<Scalar>& x) {
  const auto batch = ef::Batch<Scalar>::all(x);
  ef::VectorX<Scalar> grad(flow.parameters().size());
  const std::span<Scalar> gradient(grad.data(), static_cast<std::size_t>(grad.size()));
  const ef::Adam adam;
  auto adam_state = adam.start<Scalar>(grad.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(ef::MaximumLikelihood{}(flow, batch, gradient));
    adam.step(adam_state, flow.theta(), std::span<const Scalar>(gradient), 1e-5);
  }
}

// A rate of `per_parameter` operations for each parameter and row.
template <class Flow>
void count_operations(benchmark::State& state, const Flow& flow, double per_parameter) {
  const double flops = per_parameter * static_cast<double>(flow.parameters().size() * state.range(2));
  state.counters["GF/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate,
                                              benchmark::Counter::kIs1000);
}

template <class Scalar>
void training_step(benchmark::State& state) {
  ef::Rng rng(1);
  auto flow = real_nvp<Scalar>(state, rng);
  const ef::MatrixX<Scalar> x = normal_batch<Scalar>(state.range(2), state.range(3), rng);
  train(state, flow, x);
  count_operations(state, flow, 6);
}

template <class Scalar>
void log_prob(benchmark::State& state) {
  ef::Rng rng(1);
  const auto flow = real_nvp<Scalar>(state, rng);
  const ef::MatrixX<Scalar> x = normal_batch<Scalar>(state.range(2), state.range(3), rng);
  ef::VectorX<Scalar> result(x.rows());
  for (auto _ : state) {
    flow.log_prob_into(x, result);
    benchmark::DoNotOptimize(result.data());
  }
  count_operations(state, flow, 2);
}

template <class Scalar>
void sample(benchmark::State& state) {
  ef::Rng rng(1);
  const auto flow = real_nvp<Scalar>(state, rng);
  ef::MatrixX<Scalar> x(state.range(2), state.range(3));
  for (auto _ : state) {
    flow.sample_into(x, rng);
    benchmark::DoNotOptimize(x.data());
  }
}

template <class Scalar>
void log_prob_of_one_point(benchmark::State& state) {
  ef::Rng rng(1);
  const auto flow = real_nvp<Scalar>(state, rng);
  const ef::MatrixX<Scalar> x = normal_batch<Scalar>(1, state.range(3), rng);
  ef::VectorX<Scalar> result(1);
  for (auto _ : state) {
    flow.log_prob_into(x, result);
    benchmark::DoNotOptimize(result.data());
  }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"couplings", "width", "batch", "dim"})
      ->Args({8, 64, 256, 2})
      ->Args({8, 128, 512, 6})
      ->Args({10, 256, 512, 43})
      ->Args({5, 512, 1024, 64})
      ->Unit(benchmark::kMicrosecond);
}

BENCHMARK_TEMPLATE(training_step, float)->Apply(sizes);
BENCHMARK_TEMPLATE(training_step, double)->Apply(sizes);
BENCHMARK_TEMPLATE(log_prob, float)->Apply(sizes);
BENCHMARK_TEMPLATE(log_prob, double)->Apply(sizes);
BENCHMARK_TEMPLATE(sample, float)->Apply(sizes);
BENCHMARK_TEMPLATE(sample, double)->Apply(sizes);
BENCHMARK_TEMPLATE(log_prob_of_one_point, float)->Apply(sizes);
BENCHMARK_TEMPLATE(log_prob_of_one_point, double)->Apply(sizes);

template <class Scalar>
void planar_training_step(benchmark::State& state) {
  ef::Rng rng(1);
  ef::Flow flow(ef::Stack<ef::Planar<Scalar, 2>>(32), rng);
  const ef::MatrixX<Scalar> x = normal_batch<Scalar>(state.range(0), 2, rng);
  train(state, flow, x);
}
BENCHMARK_TEMPLATE(planar_training_step, float)
    ->ArgName("batch")
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_TEMPLATE(planar_training_step, double)
    ->ArgName("batch")
    ->Arg(256)
    ->Arg(1024)
    ->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
