#pragma once

#include <Eigen/Core>

#include "support/contract/subject.hpp"

namespace contract {

/// The arguments of a layer: theta, a batch (N × D) and its context (N × C).
template <class S>
struct Problem {
  VectorX<S> theta;
  MatrixX<S> x;
  MatrixX<S> context;

  template <class T>
  Problem<T> cast() const {
    return {theta.template cast<T>(), x.template cast<T>(), context.template cast<T>()};
  }
  /// Only row i.
  Problem row(Index i) const {
    return {theta, x.row(i), context.cols() > 0 ? MatrixX<S>(context.row(i)) : MatrixX<S>(1, 0)};
  }
  /// Other values, with the same theta and context.
  Problem at(MatrixX<S> other) const { return {theta, std::move(other), context}; }
};

template <class S>
struct Evaluation {
  MatrixX<S> values;
  VectorX<S> log_det;
};

/// ∂loss/∂output and ∂loss/∂log_det.
template <class S>
struct Cotangent {
  MatrixX<S> values;
  VectorX<S> log_det;

  template <class T>
  Cotangent<T> cast() const {
    return {values.template cast<T>(), log_det.template cast<T>()};
  }
  Cotangent row(Index i) const { return {values.row(i), log_det.segment(i, 1)}; }
};

/// ∂loss/∂input, ∂loss/∂context and ∂loss/∂theta.
template <class S>
struct Pullback {
  MatrixX<S> x;
  MatrixX<S> context;
  VectorX<S> theta;
};

/// The output of one tile whose log_det was zero before.
template <class S>
Evaluation<S> evaluate(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                       bool record = false);

/// The vjp of one tile. Adds the gradient in theta to `grad`, unless that is empty.
template <class S>
Pullback<S> pull_back(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                      const Cotangent<S>& cotangent, VectorX<S> grad);

/// The same with a gradient that starts at zero.
template <class S>
Pullback<S> pull_back(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                      const Cotangent<S>& cotangent) {
  return pull_back(subject, direction, problem, cotangent,
                   VectorX<S>(VectorX<S>::Zero(subject.parameter_count())));
}

/// A tile of `problem` in `arena`, log_det zero.
template <class S>
Tile<S> make_tile(Arena& arena, const Problem<S>& problem, bool record);

/// The scratch memory of the contract tests, filled with NaN to detect a layer that reads uninitialised memory.
template <class S>
Arena& poisoned_arena();

}  // namespace contract
