#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/tile.hpp"

namespace eigenflow::detail {

/// M orthonormal directions in D dimensions, Q (D × M): the first M columns of a product of `Reflections`
/// (a Householder layer), which has their parameters. Its memory is in the arena.
template <class Scalar, class Reflections>
class Frame {
 public:
  using Number = Lanes<Scalar>;
  using Columns = typename Tile<Scalar>::Matrix;

  Frame(const Reflections& reflections, std::span<const Scalar> theta, Eigen::Index rank, Arena& arena)
      : directions_(Tile<Scalar>::allocate(arena, rank, reflections.dim(), true)) {
    directions_.values.setIdentity();
    directions_.log_det.setZero();
    tape_ = reflections.forward(theta, directions_);
  }

  Eigen::Index dim() const { return directions_.cols(); }
  Eigen::Index rank() const { return directions_.rows(); }
  Number operator()(Eigen::Index j, Eigen::Index m) const { return Number(directions_.values(m, j)); }

  /// to (M) = Qᵀ of the D columns.
  void project(const RowStep<Scalar>& step, const Columns& columns, Number* to) const {
    std::fill_n(to, rank(), Number(0));
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Number x = step.load(columns.col(j).data());
      for (Eigen::Index m = 0; m < rank(); ++m) to[m] = fma((*this)(j, m), x, to[m]);
    }
  }
  /// The D columns += Q · by (M).
  void move(const RowStep<Scalar>& step, const Number* by, Columns& columns) const {
    for (Eigen::Index j = 0; j < dim(); ++j) {
      Number x = step.load(columns.col(j).data());
      for (Eigen::Index m = 0; m < rank(); ++m) x = fma((*this)(j, m), by[m], x);
      step.store(columns.col(j).data(), x);
    }
  }
  /// Adds the gradient of the reflections' parameters, given that of Q: grad_q[j M + m], summed over lanes.
  void pull_back(const Reflections& reflections, std::span<const Scalar> theta, std::span<Scalar> grad,
                 const Number* grad_q) {
    directions_.attach_cotangents().setZero();
    for (Eigen::Index j = 0; j < dim(); ++j)
      for (Eigen::Index m = 0; m < rank(); ++m)
        directions_.grad_values(m, j) = reduce_add(grad_q[j * rank() + m]);
    reflections.forward_vjp(theta, grad, tape_, directions_);
  }

 private:
  Tile<Scalar> directions_;  // M × D: the columns of Q, as rows of a batch that the reflections transformed
  typename Reflections::Tape tape_;
};

}  // namespace eigenflow::detail
