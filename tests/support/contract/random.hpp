#pragma once

#include "support/contract/evaluate.hpp"

namespace contract {

/// Standard normals that every scalar type represents exactly: the same numbers in float, double and long double.
template <class S>
MatrixX<S> random_normal(Index rows, Index cols, std::uint64_t seed) {
  MatrixX<float> draws(rows, cols);
  Rng rng(seed);
  rng.fill_normal(draws);
  return draws.template cast<S>();
}

template <class S>
Cotangent<S> random_cotangent(Index rows, Index dim, std::uint64_t seed) {
  const MatrixX<S> draws = random_normal<S>(rows, dim + 1, seed);
  return {draws.leftCols(dim), draws.col(dim)};
}

}  // namespace contract
