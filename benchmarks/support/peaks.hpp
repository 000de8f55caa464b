#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <eigenflow/authoring/lanes.hpp>
#include <eigenflow/authoring/tile.hpp>

// The measured peak rates of this machine, the reference for every rate.

namespace benchmarks {

namespace ef = eigenflow;

/// Operations per second of work(), which does `operations`: the best of several runs.
template <class Work>
double best_rate(double operations, const Work& work) {
  double best = 0;
  for (int run = 0; run < 20; ++run) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    best = std::max(best, operations / time.count());
  }
  return best;
}

/// Fused multiply-adds in registers, with enough independent chains to hide their latency; each counts two.
template <class Scalar>
double fma_peak() {
  using Number = ef::Lanes<Scalar>;
  constexpr int steps = 100'000;
  return best_rate(2.0 * 10 * Number::width * steps, [] {
    const Number a(Scalar(0.999)), b(Scalar(0.001));
    Number c0(0), c1(1), c2(2), c3(3), c4(4), c5(5), c6(6), c7(7), c8(8), c9(9);
    for (int i = 0; i < steps; ++i) {
      c0 = fma(c0, a, b), c1 = fma(c1, a, b), c2 = fma(c2, a, b), c3 = fma(c3, a, b), c4 = fma(c4, a, b);
      c5 = fma(c5, a, b), c6 = fma(c6, a, b), c7 = fma(c7, a, b), c8 = fma(c8, a, b), c9 = fma(c9, a, b);
    }
    volatile Scalar kept = reduce_add(c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9);
    static_cast<void>(kept);
  });
}

/// Eigen's own product of two large square matrices, on one thread.
template <class Scalar>
double gemm_peak() {
  constexpr Eigen::Index size = 512;
  const int threads = Eigen::nbThreads();
  Eigen::setNbThreads(1);
  const ef::MatrixX<Scalar> a = ef::MatrixX<Scalar>::Constant(size, size, Scalar(0.5)), b = a;
  ef::MatrixX<Scalar> c(size, size);
  const double rate = best_rate(2.0 * size * size * size, [&] {
    c.noalias() = a * b;
    volatile Scalar kept = c(0, 0);
    static_cast<void>(kept);
  });
  Eigen::setNbThreads(threads);
  return rate;
}

}  // namespace benchmarks
