#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/finite.hpp"

namespace eigenflow::detail {

/// The weights of a mixture, w = softmax(logits), and its sum of densities, log Σ_k w_k p_k.
template <class Scalar>
class MixtureWeights {
  using Number = Lanes<Scalar>;
  using Matrix = typename Tile<Scalar>::Matrix;
  static constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  static constexpr Scalar lowest = std::numeric_limits<Scalar>::lowest();

 public:
  MixtureWeights(std::span<const Scalar> logits, Arena& arena)
      : size_(static_cast<Eigen::Index>(logits.size())), weight_(arena, size_), log_weight_(arena, size_) {
    const Scalar peak = *std::max_element(logits.begin(), logits.end());
    Scalar sum = 0;
    for (Eigen::Index k = 0; k < size_; ++k)
      sum += weight_[k] = std::exp(logits[static_cast<std::size_t>(k)] - peak);
    for (Eigen::Index k = 0; k < size_; ++k) {
      weight_[k] /= sum;
      log_weight_[k] = logits[static_cast<std::size_t>(k)] - peak - std::log(sum);
    }
  }

  /// Turns the columns of `terms` from log p_k into log w_k p_k, and writes the log of their sum.
  void add_up(Matrix& terms, Matrix& log_prob) const {
    for (const RowStep<Scalar> step : RowSteps<Scalar>(terms.rows())) {
      Number peak(lowest), sum(0);
      for (Eigen::Index k = 0; k < size_; ++k) {
        const Number term = step.load(terms.col(k).data()) + Number(log_weight_[k]);
        step.store(terms.col(k).data(), term);
        peak = max(peak, term);
      }
      for (Eigen::Index k = 0; k < size_; ++k) sum += exp(step.load(terms.col(k).data()) - peak);
      step.store(log_prob.data(), peak + log(sum));
    }
    if (is_finite(terms.sum())) return;
    for (Eigen::Index i = 0; i < terms.rows(); ++i)
      if (!all_finite(terms.row(i))) log_prob(i, 0) = log_sum_exp(terms, i);
  }

  /// ∂loss/∂log p_k of each row, which is ∂loss/∂log p times the responsibility w_k p_k / p. Returns the gradient in logit
  /// k. Both are zero for a row whose density is zero.
  Scalar share_out(Eigen::Index k, const Scalar* terms, const Scalar* log_prob, const Scalar* grad_log_prob,
                   Matrix& share) const {
    Number grad_logit(0);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(share.rows())) {
      const Number term = step.load(terms + k * share.rows()), total = step.load(log_prob), zero(0);
      const Number grad = select(total >= Number(lowest), step.load(grad_log_prob), zero);
      const Number r = select(term >= Number(lowest), exp(term - max(total, Number(lowest))), zero);
      step.store(share.data(), grad * r);
      grad_logit += grad * (r - Number(weight_[k]));
    }
    return reduce_add(grad_logit);
  }

  /// The component that a uniform number chooses.
  Eigen::Index choose(double uniform) const {
    Eigen::Index k = 0;
    for (; k + 1 < size_; ++k) {
      uniform -= static_cast<double>(weight_[k]);
      if (uniform < 0) break;
    }
    return k;
  }

 private:
  /// For a row with terms that are -∞ or NaN.
  static Scalar log_sum_exp(const Matrix& terms, Eigen::Index i) {
    Scalar peak = -infinity, sum = 0;
    for (Eigen::Index k = 0; k < terms.cols(); ++k) {
      if (!(terms(i, k) < infinity)) return std::numeric_limits<Scalar>::quiet_NaN();
      peak = std::max(peak, terms(i, k));
    }
    if (!(peak > -infinity)) return peak;
    for (Eigen::Index k = 0; k < terms.cols(); ++k) sum += std::exp(terms(i, k) - peak);
    return peak + std::log(sum);
  }

  Eigen::Index size_;
  PerFeature<Scalar, Eigen::Dynamic> weight_;
  PerFeature<Scalar, Eigen::Dynamic> log_weight_;
};

}  // namespace eigenflow::detail
