#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <eigenflow/concepts/layer.hpp>
#include <span>
#include <string>
#include <utility>

#include "support/counters.hpp"
#include "support/data.hpp"

// A single layer, as a flow runs it: tile by tile, in place, with its scratch in an arena. The time includes copying
// the rows of each tile.

namespace benchmarks {

/// A layer, a batch, and the memory of one tile.
template <class L>
class LayerOnBatch {
 public:
  using Scalar = typename L::Scalar;

  LayerOnBatch(L layer, Eigen::Index rows, ef::Rng& rng) : layer_(std::move(layer)) {
    x_ = normal_batch<Scalar>(rows, layer_.dim(), rng);
    theta_.setZero(ef::parameter_count(layer_));
    grad_.setZero(theta_.size());
    layer_.initialise(std::span<Scalar>(theta_.data(), static_cast<std::size_t>(theta_.size())), rng);
    perturb(theta_, rng);
  }

  void forward() {
    for_each_tile(false, [&](ef::Tile<Scalar>& tile) { layer_.forward(theta(), tile); });
  }
  void inverse() {
    for_each_tile(false, [&](ef::Tile<Scalar>& tile) { layer_.inverse(theta(), tile); });
  }
  Eigen::Index parameters() const { return theta_.size(); }
  /// Forward and its gradients in x and theta, as in maximum likelihood.
  void train() {
    for_each_tile(true, [&](ef::Tile<Scalar>& tile) {
      const auto tape = layer_.forward(theta(), tile);
      tile.attach_cotangents().setConstant(Scalar(-1e-3));
      tile.grad_values.setConstant(Scalar(1e-3));
      layer_.forward_vjp(theta(), {grad_.data(), static_cast<std::size_t>(grad_.size())}, tape, tile);
    });
  }

 private:
  std::span<const Scalar> theta() const { return {theta_.data(), static_cast<std::size_t>(theta_.size())}; }

  template <class Work>
  void for_each_tile(bool record, const Work& work) {
    const Eigen::Index height = ef::rows_together(layer_);
    for (Eigen::Index first = 0; first < x_.rows(); first += height) {
      const ef::ArenaScope scope(arena_);
      const Eigen::Index rows = std::min(height, x_.rows() - first);
      auto tile = ef::Tile<Scalar>::allocate(arena_, rows, x_.cols(), record);
      tile.values = x_.middleRows(first, rows);
      tile.log_det.setZero();
      work(tile);
      benchmark::DoNotOptimize(tile.values.data());
      benchmark::ClobberMemory();
    }
  }

  L layer_;
  ef::MatrixX<Scalar> x_;
  ef::VectorX<Scalar> theta_, grad_;
  ef::Arena arena_;
};

namespace detail {

template <class Scalar, class Make, class Run>
void add(const std::string& name, Make make, double operations, Run run) {
  const auto body = [make, operations, run](benchmark::State& state) {
    ef::Rng rng(1);
    LayerOnBatch batch(make(Scalar{}, rng), state.range(0), rng);
    for (auto _ : state) run(batch);
    state.SetItemsProcessed(state.iterations() * state.range(0));
    if (batch.parameters() > 0)
      count_operations<Scalar>(state, operations * static_cast<double>(batch.parameters() * state.range(0)));
  };
  benchmark::RegisterBenchmark(name.c_str(), body)
      ->ArgName("batch")
      ->Arg(256)
      ->Arg(4096)
      ->Unit(benchmark::kMicrosecond);
}

template <class Scalar, class Make>
void add_all(const std::string& name, const Make& make) {
  add<Scalar>(name + "/forward", make, 2, [](auto& batch) { batch.forward(); });
  add<Scalar>(name + "/inverse", make, 2, [](auto& batch) { batch.inverse(); });
  add<Scalar>(name + "/train", make, 6, [](auto& batch) { batch.train(); });
}

}  // namespace detail

/// Forward, inverse and training of the layer make(Scalar{},
/// rng), in float and double, for a small and a large batch.
template <class Make>
void layer(const std::string& name, const Make& make) {
  detail::add_all<float>(name + "/float", make);
  detail::add_all<double>(name + "/double", make);
}

/// For the end of main: runs the benchmarks that were added.
inline int run(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace benchmarks
