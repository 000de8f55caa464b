#pragma once

#include <Eigen/Core>
#include <eigenflow/authoring/batch.hpp>
#include <eigenflow/numerics/rng.hpp>
#include <eigenflow/objectives/maximum_likelihood.hpp>
#include <span>

namespace table {

/// Maximum likelihood on rows that move by fresh noise in every training step: the flow learns the density of
/// the data blurred by N(0, diag(sigma²)), which no row is a spike of (Rothfuss et al., arXiv:1907.08982).
/// Validation rows stay as they are, and so does a context.
template <class Scalar>
struct NoisyLikelihood {
  Eigen::Array<Scalar, 1, Eigen::Dynamic> sigma;  ///< one a feature; empty: no noise

  template <class Flow>
  double operator()(const Flow& flow, const eigenflow::Batch<Scalar>& batch, std::span<Scalar> grad) const {
    using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
    if (!batch.training || sigma.size() == 0) return eigenflow::MaximumLikelihood()(flow, batch, grad);
    Matrix x(batch.size, batch.data.cols), context(batch.size, batch.context.cols);
    eigenflow::Rng(batch.training->seed).fork(batch.training->step).fill_normal(x);
    x.array().rowwise() *= sigma;
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      for (Eigen::Index i = 0; i < x.rows(); ++i) x(i, j) += batch.data(batch.row(i), j);
    for (Eigen::Index j = 0; j < context.cols(); ++j)
      for (Eigen::Index i = 0; i < x.rows(); ++i) context(i, j) = batch.context(batch.row(i), j);
    auto moved = eigenflow::Batch<Scalar>::all(x, context);
    moved.training = batch.training;
    return eigenflow::MaximumLikelihood()(flow, moved, grad);
  }
};

}  // namespace table
