// Whole flows: a training step, the log-density and the samples of a batch, and of one point. Real NVP in the
// sizes "couplings, hidden width, batch, dimension" that benchmarks/peers runs in other libraries as well.

#include <benchmark/benchmark.h>

#include <eigenflow/eigenflow.hpp>

namespace {

namespace ef = eigenflow;

template <class Scalar>
auto real_nvp(const benchmark::State& state, ef::Rng& rng) {
  using Block = ef::Chain<ef::AffineCoupling<Scalar>, ef::Permutation<Scalar>>;
  const Eigen::Index couplings = state.range(0), width = state.range(1), dim = state.range(3);
  const Block block(ef::AffineCoupling<Scalar>(dim, {.hidden = {width, width}}),
                    ef::Permutation<Scalar>::reverse(dim));
  ef::Flow flow(ef::Stack<Block>(couplings, block), rng);
  ef::VectorX<Scalar> noise(flow.parameters().size());
  rng.fill_normal(noise);
  flow.parameters() += Scalar(0.01) * noise;  // away from the identity, where half the products would be zero
  return flow;
}

template <class Scalar>
ef::MatrixX<Scalar> normal_batch(Eigen::Index rows, Eigen::Index dim, ef::Rng& rng) {
  ef::MatrixX<Scalar> x(rows, dim);
  rng.fill_normal(x);
  return x;
}

template <class Scalar>
void training_step(benchmark::State& state) {
  ef::Rng rng(1);
  auto flow = real_nvp<Scalar>(state, rng);
  const ef::MatrixX<Scalar> x = normal_batch<Scalar>(state.range(2), state.range(3), rng);
  const auto batch = ef::Batch<Scalar>::all(ef::detail::rows_of<const Scalar>(x));
  ef::VectorX<Scalar> grad(flow.parameters().size());
  const std::span<Scalar> gradient(grad.data(), static_cast<std::size_t>(grad.size()));
  const ef::Adam adam;
  auto adam_state = adam.start<Scalar>(grad.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(ef::MaximumLikelihood{}(flow, batch, gradient));
    adam.step(adam_state, flow.theta(), std::span<const Scalar>(gradient), 1e-5);
  }
  const double flops = 6.0 * static_cast<double>(grad.size() * state.range(2));
  state.counters["GF/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate,
                                              benchmark::Counter::kIs1000);
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
  const double flops = 2.0 * static_cast<double>(flow.parameters().size() * state.range(2));
  state.counters["GF/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate,
                                              benchmark::Counter::kIs1000);
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
  const auto batch = ef::Batch<Scalar>::all(ef::detail::rows_of<const Scalar>(x));
  ef::VectorX<Scalar> grad(flow.parameters().size());
  const std::span<Scalar> gradient(grad.data(), static_cast<std::size_t>(grad.size()));
  const ef::Adam adam;
  auto adam_state = adam.start<Scalar>(grad.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(ef::MaximumLikelihood{}(flow, batch, gradient));
    adam.step(adam_state, flow.theta(), std::span<const Scalar>(gradient), 1e-5);
  }
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
