#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>

#include "eigenflow/authoring/batch.hpp"
#include "eigenflow/authoring/parallel.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/text/messages.hpp"

namespace eigenflow {

/// The negative mean log-likelihood, -Σ_n w_n log p(x_n) / Σ_n w_n in nats: its minimum over theta is the
/// density closest to the data in Kullback-Leibler divergence. With a context it is that of p(x_n | c_n).
struct MaximumLikelihood {
  /// The loss of a batch. Overwrites `grad` by ∂loss/∂theta unless it is empty. Sums over samples are in double, and
  /// bit-identical for any number of threads. Dropout is active if `grad` is not empty and `batch.training` is set.
  template <class Flow>
  double operator()(const Flow& flow, Batch<typename Flow::Scalar> batch,
                    std::span<typename Flow::Scalar> grad) const {
    using Scalar = typename Flow::Scalar;
    if (batch.data.cols != flow.dim())
      detail::reject_columns("MaximumLikelihood", batch.data.rows, batch.data.cols, flow.dim());
    detail::check_gradient("MaximumLikelihood", grad.size(), flow.theta().size());
    batch.context =
        detail::context_rows("MaximumLikelihood", batch.context, batch.data.rows, flow.context_dim());
    double total_weight = 0;
    for (Eigen::Index i = 0; i < batch.size; ++i) total_weight += static_cast<double>(batch.weight(i));
    if (!(total_weight > 0)) {  // all rows have weight zero
      std::fill(grad.begin(), grad.end(), Scalar(0));
      return 0;
    }

    const bool record = !grad.empty();
    const auto shard = [&](Eigen::Index first, Eigen::Index count, const auto& shard_gradient) {
      Arena& arena = thread_arena();
      const ArenaScope scope(arena);
      Tile<Scalar> tile = Tile<Scalar>::allocate(arena, count, flow.dim(), record);
      batch.gather(first, tile);
      tile.log_det.setZero();
      DropoutSource dropout{batch.training.value_or(TrainingStep{}), first};
      if (record && batch.training) tile.dropout = &dropout;
      const auto tape = flow.density().evaluate(flow.theta(), tile);
      double loss = 0;
      // Skip rows of weight zero: if the density is zero too, 0 · ∞ would be NaN.
      for (Eigen::Index i = 0; i < count; ++i)
        if (const auto weight = static_cast<double>(batch.weight(first + i)); weight != 0)
          loss -= weight * static_cast<double>(tile.log_det[i]);
      if (record) {
        auto grad_log_prob = tile.attach_cotangents();
        for (Eigen::Index i = 0; i < count; ++i)
          grad_log_prob[i] =
              static_cast<Scalar>(-static_cast<double>(batch.weight(first + i)) / total_weight);
        flow.density().evaluate_vjp(flow.theta(), shard_gradient(), tape, tile);
      }
      return loss;
    };
    const double work = flow.work_per_row() * (record ? 3 : 1);
    return fold_pieces(batch.size, flow.shard_rows(), work, grad, shard) / total_weight;
  }
};

}  // namespace eigenflow
