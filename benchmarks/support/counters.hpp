#pragma once

#include <benchmark/benchmark.h>

#include "support/peaks.hpp"

namespace benchmarks {

/// Counters for work that does `operations` an iteration: GF/s, and which shares these are of what the
/// machine does in registers and of what Eigen's large product reaches. A flow's operations are those with
/// its parameters, two a row in one direction and six in training; activations and exponentials come on top.
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
