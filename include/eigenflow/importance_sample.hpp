#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "eigenflow/authoring/parallel.hpp"
#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/target.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/numerics/log_sum.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// Samples of a flow, with weights for expectations under a target.
template <class Samples>
struct ImportanceSample {
  Samples x;                     ///< N × D, drawn from the flow
  Eigen::VectorXd log_weights;   ///< N: log p̃(x) - log q(x), nats; -∞ if the target density is zero
  double effective_sample_size;  ///< (Σw)²/Σw², from 1 (or 0 without any weight) to N (equal weights)
  double log_z;                  ///< log of the mean weight: an estimate of log ∫ p̃, nats
  double log_z_error;            ///< its standard error, by the delta method
  Eigen::Index undefined;        ///< rows whose weight is NaN or +∞; they count with weight zero

  /// w/Σw: what to multiply f(x) by, so that the sum estimates E_p[f]; zeros without any weight. Throws
  /// std::invalid_argument if a log-weight was set to NaN or +∞.
  Eigen::VectorXd weights() const {
    for (Eigen::Index i = 0; i < log_weights.size(); ++i)
      if (!(log_weights[i] <= std::numeric_limits<double>::max()))
        detail::reject("the weights of samples need log-weights that are finite or -infinity, but number " +
                       std::to_string(i) + " is " + detail::decimal(log_weights[i]));
    detail::LogSum sum;
    for (const double log_weight : log_weights) sum.add(log_weight);
    const double total = std::max(sum.value(), std::numeric_limits<double>::lowest());
    return log_weights.unaryExpr([total](double log_weight) { return std::exp(log_weight - total); });
  }
};

/// Draws n samples from the flow and weighs them with a target of any form (concepts/target.hpp), with or without a
/// gradient. Sums are in double. If the effective sample size is far below n, the flow misses part of the target, and
/// `log_z_error` is unreliable too. `rng` advances by one number, for every n. Throws std::invalid_argument for n < 1
/// and for a conditional flow.
template <class Flow, class T>
ImportanceSample<typename Flow::Samples> importance_sample(const Flow& flow, const T& target, Eigen::Index n,
                                                           Rng& rng) {
  using Scalar = typename Flow::Scalar;
  static_assert(Target<T, Flow> || ValueTarget<T, Flow>,
                "a target of importance_sample is called as f(x), f(x, grad) or f(x, log_p, grad), in the "
                "flow's scalar type, one point and its gradient as columns: see concepts/target.hpp");
  if (n < 1) detail::reject("importance_sample needs one sample or more, but n is " + std::to_string(n));
  if (flow.context_dim() > 0)
    detail::reject(
        "importance_sample draws from one density, but this flow has " + std::to_string(flow.context_dim()) +
        " columns of context: draw with sample_and_log_prob(n, c, rng), and weigh each row yourself");
  auto drawn = flow.sample_and_log_prob(n, rng);
  ImportanceSample<typename Flow::Samples> result{std::move(drawn.x), Eigen::VectorXd(n), 0, 0, 0, 0};

  const Rows<const Scalar> rows = rows_of<const Scalar>(result.x);
  for_each_piece(n, flow.tile_rows(), flow.work_per_row(), [&](Eigen::Index first, Eigen::Index count) {
    Arena& arena = thread_arena();
    const ArenaScope scope(arena);
    Tile<Scalar> tile = Tile<Scalar>::allocate(arena, count, flow.dim(), false);
    tile.values = rows.middle(first, count);
    detail::evaluate_target<Flow>(target, tile);
    result.log_weights.segment(first, count) =
        tile.log_det.template cast<double>() - drawn.log_prob.segment(first, count).template cast<double>();
  });

  constexpr double none = -std::numeric_limits<double>::infinity();
  detail::LogSum sum, squares;
  for (double& log_weight : result.log_weights) {
    if (!detail::is_finite(log_weight) && !detail::same_bits(log_weight, none)) {
      log_weight = none;
      ++result.undefined;
    }
    sum.add(log_weight);
    squares.add(2 * log_weight);
  }
  const double count = static_cast<double>(n);
  result.log_z = sum.value() - std::log(count);
  if (detail::is_finite(result.log_z))
    result.effective_sample_size = std::exp(2 * sum.value() - squares.value());
  // The variance of the mean weight, relative to its square.
  result.log_z_error = std::sqrt(std::max(count / result.effective_sample_size - 1, 0.0) / count);
  return result;
}

}  // namespace eigenflow
