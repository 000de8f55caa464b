// Whole flows: a training step, the log-density and the samples of a batch, and of one point. Real NVP in the
// sizes "couplings, hidden width, batch, dimension" that benchmarks/peers runs in other libraries as well.

#include <benchmark/benchmark.h>

#include <eigenflow/eigenflow.hpp>

#include "support/counters.hpp"
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

// `each` operations for each parameter and row.
template <class Flow>
void count(benchmark::State& state, const Flow& flow, double each, Eigen::Index rows) {
  const double parameters = static_cast<double>(flow.parameters().size());
  benchmarks::count_operations<typename Flow::Scalar>(state, each * parameters * static_cast<double>(rows));
}

template <class Scalar>
void training_step(benchmark::State& state) {
  ef::Rng rng(1);
  auto flow = real_nvp<Scalar>(state, rng);
  const ef::MatrixX<Scalar> x = normal_batch<Scalar>(state.range(2), state.range(3), rng);
  train(state, flow, x);
  count(state, flow, 6, x.rows());
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
  count(state, flow, 2, x.rows());
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
  count(state, flow, 2, x.rows());
}

enum class Point { log_prob, grad, sample };

template <class Scalar, Point What>
void one_point(benchmark::State& state) {
  ef::Rng rng(1);
  const auto flow = real_nvp<Scalar>(state, rng);
  ef::MatrixX<Scalar> x = normal_batch<Scalar>(1, state.range(3), rng), grad(1, state.range(3));
  ef::VectorX<Scalar> result(1);
  for (auto _ : state) {
    if constexpr (What == Point::log_prob) flow.log_prob_into(x, result);
    if constexpr (What == Point::grad) flow.log_prob_and_grad_into(x, result, grad);
    if constexpr (What == Point::sample) flow.sample_into(x, rng);
    benchmark::DoNotOptimize(result.data());
    benchmark::ClobberMemory();
  }
  count(state, flow, What == Point::grad ? 4 : 2, 1);
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
BENCHMARK_TEMPLATE(one_point, float, Point::log_prob)->Apply(sizes);
BENCHMARK_TEMPLATE(one_point, double, Point::log_prob)->Apply(sizes);
BENCHMARK_TEMPLATE(one_point, float, Point::grad)->Apply(sizes);
BENCHMARK_TEMPLATE(one_point, double, Point::grad)->Apply(sizes);
BENCHMARK_TEMPLATE(one_point, float, Point::sample)->Apply(sizes);
BENCHMARK_TEMPLATE(one_point, double, Point::sample)->Apply(sizes);

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
