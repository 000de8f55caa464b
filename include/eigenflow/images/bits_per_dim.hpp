#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/images/dequantized.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// How many bits a flow needs for each number of a row of whole numbers, bits per dimension.
struct BitsPerDim {
  double bound;    ///< from the mean of log p over the draws: an upper bound
  double tighter;  ///< from the log of the mean of p over the draws: the bound of importance weighting
};

namespace detail {

/// log_prob_of(noisy rows) gives their log-densities in nats.
template <class Scalar, class X, class LogProb>
BitsPerDim bits_per_dim(const X& x, double bins, Eigen::Index draws, std::uint64_t seed,
                        const LogProb& log_prob_of) {
  if (x.rows() < 1 || !(bins > 0) || draws < 1)
    reject(
        "bits_per_dim needs one row and one draw or more, and bins above 0 (256 for pixels k/256), but got " +
        std::to_string(x.rows()) + " rows, " + decimal(bins) + " bins and " + std::to_string(draws) +
        " draws");
  const Eigen::Index rows = x.rows();
  VectorX<double> sum = VectorX<double>::Zero(rows), largest, mean = VectorX<double>::Zero(rows);
  for (Eigen::Index draw = 0; draw < draws; ++draw) {
    const MatrixX<Scalar> noisy =
        dequantized(x.template cast<Scalar>(), 1 / bins, seed, static_cast<std::uint64_t>(draw));
    const VectorX<double> log_prob = log_prob_of(noisy).template cast<double>();
    mean += log_prob / static_cast<double>(draws);
    if (draw == 0) largest = log_prob;
    for (Eigen::Index i = 0; i < rows; ++i) {  // Σ exp(log_prob - largest), renewed where the largest grows
      if (log_prob[i] > largest[i]) {
        sum[i] = sum[i] * std::exp(largest[i] - log_prob[i]) + 1;
        largest[i] = log_prob[i];
      } else if (log_prob[i] > -std::numeric_limits<double>::infinity()) {
        sum[i] += std::exp(log_prob[i] - largest[i]);
      }
    }
  }
  const double unit = static_cast<double>(x.cols()) * std::numbers::ln2;
  const auto bits = [&](double log_prob) { return std::log2(bins) - log_prob / unit; };
  const double tighter = (largest.array() + (sum.array() / static_cast<double>(draws)).log()).mean();
  return {bits(mean.mean()), bits(tighter)};
}

}  // namespace detail

/// The bits that a flow needs for each number of the rows x (N × D), which are k/bins with whole k: the mean of
/// -log₂ P(k)/D over the rows. P(k) = bins^-D E p(x + u/bins) is the integral of the density over the bin of a row, with u
/// uniform in (0, 1)^D. By Jensen's inequality, the mean of -log p over draws of u gives an upper bound, and -log of the
/// mean of p a tighter one (Burda, Grosse & Salakhutdinov, arXiv:1509.00519, eq. 8). Papers report one draw. The noise is a
/// function of the seed: see `dequantized`.
///
/// Throws std::invalid_argument without a row or a draw, unless bins is above 0, or if log_prob throws.
template <class Flow, class X>
BitsPerDim bits_per_dim(const Flow& flow, const Eigen::DenseBase<X>& x, double bins, Eigen::Index draws = 1,
                        std::uint64_t seed = 0) {
  return detail::bits_per_dim<typename Flow::Scalar>(x.derived(), bins, draws, seed,
                                                     [&](const auto& rows) { return flow.log_prob(rows); });
}
/// The same given a context (N × C, or 1 × C for all rows).
template <class Flow, class X, class C>
BitsPerDim bits_per_dim(const Flow& flow, const Eigen::DenseBase<X>& x, const Eigen::DenseBase<C>& c,
                        double bins, Eigen::Index draws = 1, std::uint64_t seed = 0) {
  return detail::bits_per_dim<typename Flow::Scalar>(
      x.derived(), bins, draws, seed, [&](const auto& rows) { return flow.log_prob(rows, c.derived()); });
}

}  // namespace eigenflow
