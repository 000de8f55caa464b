#pragma once

#include <benchmark/benchmark.h>

#include "support/peaks.hpp"

namespace benchmarks {

/// Counters for work with `operations` per iteration: GF/s, and their shares of the peak in registers and of Eigen's
/// large product. The operations of a flow are those with its parameters, two per row in one direction and six in
/// training, without activations and exponentials.
template <class Scalar>
void count_operations(benchmark::State& state, double operations) {
  using benchmark::Counter;
  static const double fma = fma_peak<Scalar>(), gemm = gemm_peak<Scalar>();
  const auto rate = [&](double unit) {
    return Counter(operations / unit, Counter::kIsIterationInvariantRate, Counter::kIs1000);
  };
  state.counters["GF/s"] = rate(1e9);
  state.counters["of_FMA_peak"] = rate(fma);
  state.counters["of_GEMM_peak"] = rate(gemm);
}

}  // namespace benchmarks
