#pragma once

#include <Eigen/Core>
#include <span>
#include <string>

#include "eigenflow/authoring/parallel.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/target.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/text/messages.hpp"

namespace eigenflow {

/// The reverse Kullback-Leibler divergence up to a constant, over samples of the flow (Rezende & Mohamed,
/// arXiv:1505.05770, eq. 15):
///
///   E_q[log q(x) - log p̃(x)] = KL(q‖p) - log Z,   x = f⁻¹(z), z ~ base,   p̃ = Z p
///
/// in nats. Its minimum over theta is the flow closest to a density that can be evaluated but not sampled. It is at
/// least -log Z, with equality for q = p. It may fit only one of several modes.
struct ReverseKl {
  /// Drops the part of the gradient that is zero on average, ∂log q_θ(x)/∂θ at fixed x (Roeder, Wu &
  /// Duvenaud, "Sticking the landing", arXiv:1703.09194): the noise falls as q approaches p, and is zero for
  /// q = p. Costs another forward pass.
  bool path_gradient = false;

  /// The mean over `samples` draws. Row i depends only on `rng` and i: the same call gives bit-identical results with
  /// any number of threads. Overwrites `grad` by ∂loss/∂theta unless it is empty.
  template <class Flow, class T>
  double operator()(const Flow& flow, const T& target, Eigen::Index samples, const Rng& rng,
                    std::span<typename Flow::Scalar> grad) const {
    using Scalar = typename Flow::Scalar;
    static_assert(Reparametrised<typename Flow::BaseType>,
                  "reverse KL differentiates through the base's samples, which this base's parameters do not "
                  "allow: take StandardNormal, DiagonalNormal, MultivariateNormal or StudentT");
    static_assert(Target<T, Flow>,
                  "a target of reverse KL is called as f(x, grad), which returns log p at one row, or as "
                  "f(x, log_p, grad) for a batch, in the flow's scalar type: see concepts/target.hpp");

    detail::check_gradient("ReverseKl", grad.size(), flow.theta().size());
    if (flow.context_dim() > 0)
      detail::reject("ReverseKl fits one density, but this flow is conditional on " +
                     std::to_string(flow.context_dim()) + " columns of context: give it layers without one");

    if (samples < 1)
      detail::reject("ReverseKl is a mean over one draw or more, but got " + std::to_string(samples));

    const Scalar share = Scalar(1) / static_cast<Scalar>(samples);
    const bool record = !grad.empty();
    const auto shard = [&](Eigen::Index first, Eigen::Index count, const auto& shard_gradient) {
      Arena& arena = thread_arena();
      const ArenaScope scope(arena);
      Tile<Scalar> tile = Tile<Scalar>::allocate(arena, count, flow.dim(), record);
      typename Tile<Scalar>::Matrix log_p = tile.scratch(1);
      const auto tape = flow.density().draw(flow.theta(), rng, first, tile);
      auto grad_log_q = tile.attach_cotangents();
      detail::evaluate_target<Flow>(target, ConstMatrixMap<Scalar>(tile.values.data(), count, flow.dim()),
                                    VectorMap<Scalar>(log_p.data(), count), tile.grad_values);
      double loss = 0;
      for (Eigen::Index i = 0; i < count; ++i)
        loss += static_cast<double>(tile.log_det[i]) - static_cast<double>(log_p(i));
      if (!record) return loss;

      tile.grad_values *= -share;
      grad_log_q.setConstant(path_gradient ? Scalar(0) : share);
      if (path_gradient) add_grad_log_prob(flow, share, tile);
      flow.density().draw_vjp(flow.theta(), shard_gradient(), tape, rng, first, tile);
      return loss;
    };
    const double work = flow.work_per_row() * (!record ? 1 : path_gradient ? 5 : 3);
    return fold_pieces(samples, flow.shard_rows(), work, grad, shard) / static_cast<double>(samples);
  }

 private:
  // Adds share · ∇ₓ log q(x) to the tile's cotangent.
  template <class Flow, class Scalar = typename Flow::Scalar>
  static void add_grad_log_prob(const Flow& flow, Scalar share, Tile<Scalar>& tile) {
    Tile<Scalar> density = Tile<Scalar>::allocate(*tile.arena, tile.rows(), tile.cols(), true);
    density.values = tile.values;
    density.log_det.setZero();
    const auto tape = flow.density().evaluate(flow.theta(), density);
    density.attach_cotangents().setConstant(share);
    flow.density().evaluate_vjp(flow.theta(), {}, tape, density);
    tile.grad_values += density.grad_values;
  }
};

}  // namespace eigenflow
