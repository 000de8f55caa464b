#pragma once

#include <Eigen/Core>
#include <concepts>
#include <limits>
#include <type_traits>

#include "eigenflow/authoring/tile.hpp"

// A target: a density that a program can evaluate, up to a constant factor, but not sample. It is a callable of
// one of three forms, with S the flow's scalar type:
//
//   double operator()(const Vector& x, Vector& grad)     one row: fills ∇ log p̃(x), returns log p̃(x)
//   void operator()(x, log_p, grad)                      a batch: x is N × D; fills N values and N × D gradients
//   double operator()(const Vector& x)                   one row without a gradient, for importance_sample
//
// where Vector is Eigen::Matrix<S, D, 1> (D of the flow, static or dynamic), and x, log_p and grad are Eigen
// maps, column-major. Several threads may call it at once.

namespace eigenflow {

/// One point, as passed to a target.
template <class Flow>
using PointOf = Eigen::Matrix<typename Flow::Scalar, Flow::static_dim, 1>;

/// f(x, grad) → log p̃(x), for one row.
template <class T, class Flow>
concept RowTarget = requires(const T& target, const PointOf<Flow>& x, PointOf<Flow>& grad) {
  { target(x, grad) } -> std::convertible_to<double>;
};

/// f(x, log_p, grad), for a batch.
template <class T, class Flow>
concept BatchTarget = requires(const T& target, const ConstMatrixMap<typename Flow::Scalar>& x,
                               VectorMap<typename Flow::Scalar>& log_p,
                               MatrixMap<typename Flow::Scalar>& grad) {
  target(x, log_p, grad);
};

/// f(x) → log p̃(x), for one row.
template <class T, class Flow>
concept ValueTarget = requires(const T& target, const PointOf<Flow>& x) {
  { target(x) } -> std::convertible_to<double>;
};

/// A density to which a flow can be fitted. (Eigen types can be called with indices, but they are data.)
template <class T, class Flow>
concept Target = !std::is_base_of_v<Eigen::EigenBase<T>, T> && (RowTarget<T, Flow> || BatchTarget<T, Flow>);

namespace detail {

/// log p̃ of each row of x (N × D) into `log_p`, its gradient into `grad` (N × D).
template <class Flow, class T, class Scalar = typename Flow::Scalar>
void evaluate_target(const T& target, const ConstMatrixMap<Scalar>& x, VectorMap<Scalar> log_p,
                     MatrixMap<Scalar> grad) {
  // A gradient that the target forgets to write ends the fit.
  constexpr Scalar unwritten = std::numeric_limits<Scalar>::quiet_NaN();
  if constexpr (BatchTarget<T, Flow>) {
    grad.setConstant(unwritten);
    target(x, log_p, grad);
  } else {
    PointOf<Flow> point(x.cols()), slope(x.cols());
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      point = x.row(i);
      slope.setConstant(unwritten);
      log_p[i] = static_cast<Scalar>(target(point, slope));
      grad.row(i) = slope;
    }
  }
}

/// log p̃ of each row of the tile into its log_det.
template <class Flow, class T>
void evaluate_target(const T& target, Tile<typename Flow::Scalar>& tile) {
  using Scalar = typename Flow::Scalar;
  if constexpr (ValueTarget<T, Flow>) {
    PointOf<Flow> point(tile.cols());
    for (Eigen::Index i = 0; i < tile.rows(); ++i) {
      point = tile.values.row(i);
      tile.log_det[i] = static_cast<Scalar>(target(point));
    }
  } else {
    evaluate_target<Flow>(target, ConstMatrixMap<Scalar>(tile.values.data(), tile.rows(), tile.cols()),
                          tile.log_det, tile.scratch(tile.cols()));
  }
}

}  // namespace detail
}  // namespace eigenflow
