#pragma once

#include <Eigen/Core>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/context.hpp"
#include "eigenflow/authoring/overflow.hpp"
#include "eigenflow/authoring/parallel.hpp"
#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/authoring/spoil.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/rng.hpp"

// The computations of a flow's calls, tile by tile. The arguments are rows of checked shape, with one row of context
// for each sample, so that this is compiled once for each flow.

namespace eigenflow::detail {

template <class Flow>
using RowsOf = Rows<const typename Flow::Scalar>;
template <class Flow>
using RowsTo = Rows<typename Flow::Scalar>;

/// Calls work(tile, first) for each tile of `rows`. A tile has its context and a log_det of zero; its values are
/// uninitialised.
template <class Flow, class Work>
void for_each_tile(const Flow& flow, const RowsOf<Flow>& context, Eigen::Index rows, bool record,
                   const Work& work) {
  for_each_piece(rows, flow.tile_rows(), flow.work_per_row(), [&](Eigen::Index first, Eigen::Index count) {
    using TileType = Tile<typename Flow::Scalar>;
    const ArenaScope scope(thread_arena());
    TileType tile = TileType::allocate(thread_arena(), count, flow.dim(), record);
    tile.log_det.setZero();
    if (context.cols > 0) tile.attach_context(context.cols) = context.middle(first, count);
    work(tile, first);
  });
}

template <class Flow>
void take_values(Tile<typename Flow::Scalar>& tile, const RowsOf<Flow>& from, Eigen::Index first) {
  tile.values = from.middle(first, tile.rows());
  spoil_without_context(tile);
}

/// f(x) and its log-det; with `generating`, the same for the inverse.
template <class Flow>
void transform(const Flow& flow, const RowsOf<Flow>& from, const RowsOf<Flow>& context,
               const RowsTo<Flow>& to, const RowsTo<Flow>& log_det, bool generating) {
  for_each_tile(flow, context, from.rows, false, [&](auto& tile, Eigen::Index first) {
    take_values<Flow>(tile, from, first);
    const auto density = flow.density().with(flow.theta());
    if (generating)
      density.inverse(tile);
    else
      density.forward(tile);
    to.middle(first, tile.rows()) = tile.values;
    log_det.middle(first, tile.rows()) = tile.log_det;
  });
}

/// log p(x | c).
template <class Flow>
void evaluate(const Flow& flow, const RowsOf<Flow>& x, const RowsOf<Flow>& context,
              const RowsTo<Flow>& log_prob) {
  for_each_tile(flow, context, x.rows, false, [&](auto& tile, Eigen::Index first) {
    take_values<Flow>(tile, x, first);
    flow.density().evaluate(flow.theta(), tile);
    settle_overflow(x.middle(first, tile.rows()), flow.theta(), tile);
    log_prob.middle(first, tile.rows()) = tile.log_det;
  });
}

/// log p(x | c) and its gradients in x and, if there is a context, in c.
template <class Flow>
void evaluate_with_grad(const Flow& flow, const RowsOf<Flow>& x, const RowsOf<Flow>& context,
                        const RowsTo<Flow>& log_prob, const RowsTo<Flow>& grad,
                        const RowsTo<Flow>& grad_context) {
  for_each_tile(flow, context, x.rows, true, [&](auto& tile, Eigen::Index first) {
    take_values<Flow>(tile, x, first);
    const auto tape = flow.density().evaluate(flow.theta(), tile);
    settle_overflow(x.middle(first, tile.rows()), flow.theta(), tile);
    tile.attach_cotangents().setOnes();
    flow.density().evaluate_vjp(flow.theta(), {}, tape, tile);
    settle_overflow_vjp(x.middle(first, tile.rows()), tile);
    log_prob.middle(first, tile.rows()) = tile.log_det;
    grad.middle(first, tile.rows()) = tile.grad_values;
    if (context.cols > 0) grad_context.middle(first, tile.rows()) = tile.grad_context;
  });
}

/// Samples, and the log-density of each (then at temperature 1) if `log_prob` has memory.
template <class Flow>
void generate(const Flow& flow, const RowsOf<Flow>& context, const RowsTo<Flow>& x,
              const RowsTo<Flow>& log_prob, const Rng& stream, typename Flow::Scalar temperature = 1) {
  for_each_tile(flow, context, x.rows, false, [&](auto& tile, Eigen::Index first) {
    if (log_prob.data)
      flow.density().draw(flow.theta(), stream, first, tile);
    else
      flow.density().sample(flow.theta(), stream, first, tile, temperature);
    x.middle(first, tile.rows()) = tile.values;
    if (log_prob.data) log_prob.middle(first, tile.rows()) = tile.log_det;
  });
}

}  // namespace eigenflow::detail
