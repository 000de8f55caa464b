#pragma once

#include <Eigen/Core>
#include <concepts>
#include <type_traits>

#include "eigenflow/tile.hpp"

// A target: a density that a program can evaluate and not draw from, up to a constant factor. It is any
// callable of one of three forms, whichever is easiest to write, with S the flow's scalar type:
//
//   double operator()(const Vector& x, Vector& grad)     one row: fills ∇ log p̃(x), returns log p̃(x)
//   void operator()(x, log_p, grad)                      a batch: x is N × D; fills N values and N × D gradients
//   double operator()(const Vector& x)                   one row without a gradient, for importance_sample
//
// where Vector is Eigen::Matrix<S, D, 1> (D of the flow, static or dynamic), and x, log_p and grad are Eigen
// maps, column-major. Several threads may call it at once.

namespace eigenflow {

/// One point, as a target sees it.
template <class Flow>
using PointOf = Eigen::Matrix<typename Flow::Scalar, Flow::static_dim, 1>;

/// f(x, grad) → log p̃(x), for one row.
template <class T, class Flow>
concept RowTarget = requires(const T& target, const PointOf<Flow>& x, PointOf<Flow>& grad) {
  { target(x, grad) } -> std::convertible_to<double>;
};

/// f(x, log_p, grad), for a batch.
template <class T, class Flow>
concept BatchTarget = std::invocable<const T&, const ConstMatrixMap<typename Flow::Scalar>&,
                                     VectorMap<typename Flow::Scalar>&, MatrixMap<typename Flow::Scalar>&>;

/// f(x) → log p̃(x), for one row.
template <class T, class Flow>
concept ValueTarget = requires(const T& target, const PointOf<Flow>& x) {
  { target(x) } -> std::convertible_to<double>;
};

/// What a flow can be fitted to. (Eigen's own types can be called, with indices: they are data.)
template <class T, class Flow>
concept Target =
    !std::is_base_of_v<Eigen::EigenBase<T>, T> && (RowTarget<T, Flow> || BatchTarget<T, Flow>);

namespace detail {

/// log p̃ of each row of the tile into `log_p`, its gradient into `grad` (N × D).
template <class Flow, class T>
void evaluate_target(const T& target, const Tile<typename Flow::Scalar>& tile,
                     VectorMap<typename Flow::Scalar> log_p, MatrixMap<typename Flow::Scalar> grad) {
  using Scalar = typename Flow::Scalar;
  if constexpr (BatchTarget<T, Flow>) {
    target(ConstMatrixMap<Scalar>(tile.values.data(), tile.rows(), tile.cols()), log_p, grad);
  } else {
    PointOf<Flow> x(tile.cols()), slope(tile.cols());
    for (Eigen::Index i = 0; i < tile.rows(); ++i) {
      x = tile.values.row(i);
      log_p[i] = static_cast<Scalar>(target(x, slope));
      grad.row(i) = slope;
    }
  }
}

/// log p̃ of each row of the tile into `log_p`.
template <class Flow, class T>
void evaluate_target(const T& target, const Tile<typename Flow::Scalar>& tile,
                     VectorMap<typename Flow::Scalar> log_p) {
  using Scalar = typename Flow::Scalar;
  if constexpr (ValueTarget<T, Flow>) {
    PointOf<Flow> x(tile.cols());
    for (Eigen::Index i = 0; i < tile.rows(); ++i) {
      x = tile.values.row(i);
      log_p[i] = static_cast<Scalar>(target(x));
    }
  } else {
    evaluate_target<Flow>(target, tile, log_p, tile.scratch(tile.cols()));
  }
}

}  // namespace detail
}  // namespace eigenflow
