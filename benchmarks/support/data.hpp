#pragma once

#include <eigenflow/authoring/tile.hpp>
#include <eigenflow/numerics/rng.hpp>

// The data of the benchmarks: the same numbers in every run.

namespace benchmarks {

namespace ef = eigenflow;

/// N × D normals.
template <class Scalar>
ef::MatrixX<Scalar> normal_batch(Eigen::Index rows, Eigen::Index cols, ef::Rng& rng) {
  ef::MatrixX<Scalar> x(rows, cols);
  rng.fill_normal(x);
  return x;
}

/// Changes parameters from their initial values, with which half of the work may be with zeros.
template <class Theta>
void perturb(Theta&& theta, ef::Rng& rng) {
  using Scalar = typename std::remove_cvref_t<Theta>::Scalar;
  ef::VectorX<Scalar> noise(theta.size());
  rng.fill_normal(noise);
  theta += Scalar(0.01) * noise;
}

}  // namespace benchmarks
