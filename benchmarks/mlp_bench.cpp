// The conditioner alone: two hidden layers on one tile, with and without its gradients, for each activation
// that costs something, and one row.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <eigenflow/conditioners/mlp.hpp>
#include <string>

#include "support/data.hpp"

namespace {

namespace ef = eigenflow;

template <class Scalar>
class MlpOnBatch {
 public:
  // Tiles of 256 rows, as a flow cuts them: the same one, again and again.
  MlpOnBatch(Eigen::Index width, ef::Activation activation, Eigen::Index batch)
      : mlp_(1, 2, {.hidden = {width, width}, .activation = activation}), tiles_((batch + 255) / 256) {
    const Eigen::Index rows = std::min<Eigen::Index>(batch, 256);
    result_.resize(rows, 2);
    grad_input_.resize(rows, 1);
    ef::Rng rng(1);
    input_ = benchmarks::normal_batch<Scalar>(rows, 1, rng);
    cotangent_ = benchmarks::normal_batch<Scalar>(rows, 2, rng);
    theta_.setZero(ef::parameter_count(mlp_));
    grad_.setZero(theta_.size());
    mlp_.initialise({theta_.data(), static_cast<std::size_t>(theta_.size())}, rng);
    benchmarks::perturb(theta_, rng);
  }

  void run(bool with_gradients) {
    for (Eigen::Index i = 0; i < tiles_; ++i) run_tile(with_gradients);
  }

 private:
  void run_tile(bool with_gradients) {
    const ef::ArenaScope scope(arena_);
    const ef::Pass pass{&arena_, with_gradients};
    const std::span<const Scalar> theta(theta_.data(), static_cast<std::size_t>(theta_.size()));
    const ef::ConstMatrixMap<Scalar> input(input_.data(), input_.rows(), input_.cols());
    ef::MatrixMap<Scalar> result(result_.data(), result_.rows(), result_.cols());
    const auto tape = mlp_.forward(theta, input, result, pass);
    if (with_gradients) {
      const ef::ConstMatrixMap<Scalar> cotangent(cotangent_.data(), cotangent_.rows(), cotangent_.cols());
      ef::MatrixMap<Scalar> grad_input(grad_input_.data(), grad_input_.rows(), grad_input_.cols());
      grad_input.setZero();
      mlp_.vjp(theta, {grad_.data(), theta.size()}, tape, cotangent, grad_input, pass);
    }
    benchmark::DoNotOptimize(result_.data());
    benchmark::ClobberMemory();
  }

  ef::Mlp<Scalar> mlp_;
  Eigen::Index tiles_;
  ef::MatrixX<Scalar> input_, result_, cotangent_, grad_input_;
  ef::VectorX<Scalar> theta_, grad_;
  ef::Arena arena_;
};

template <class Scalar>
void forward(benchmark::State& state) {
  MlpOnBatch<Scalar> mlp(state.range(0), static_cast<ef::Activation>(state.range(1)), state.range(2));
  for (auto _ : state) mlp.run(false);
  state.SetLabel(std::string(ef::to_string(static_cast<ef::Activation>(state.range(1)))));
}

template <class Scalar>
void train(benchmark::State& state) {
  MlpOnBatch<Scalar> mlp(state.range(0), static_cast<ef::Activation>(state.range(1)), state.range(2));
  for (auto _ : state) mlp.run(true);
  state.SetLabel(std::string(ef::to_string(static_cast<ef::Activation>(state.range(1)))));
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"width", "activation", "batch"})->Unit(benchmark::kMicrosecond);
  for (const ef::Activation activation :
       {ef::Activation::relu, ef::Activation::tanh, ef::Activation::silu, ef::Activation::gelu})
    benchmark->Args({64, static_cast<std::int64_t>(activation), 256});
  for (const std::int64_t width : {64, 128, 512}) {
    benchmark->Args({width, static_cast<std::int64_t>(ef::Activation::relu), 1});
    benchmark->Args({width, static_cast<std::int64_t>(ef::Activation::relu), 4096});
  }
}

BENCHMARK_TEMPLATE(forward, float)->Apply(sizes);
BENCHMARK_TEMPLATE(forward, double)->Apply(sizes);
BENCHMARK_TEMPLATE(train, float)->Apply(sizes);
BENCHMARK_TEMPLATE(train, double)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
