#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <eigenflow/authoring/batch.hpp>
#include <eigenflow/numerics/rng.hpp>
#include <eigenflow/objectives/maximum_likelihood.hpp>
#include <span>
#include <vector>

#include "flows.hpp"
#include "pace.hpp"

namespace command {

/// Whole numbers spread evenly over their units: v − u/2 to v + u/2, but not beyond the edges. `noise` has numbers from
/// 0 to 1, and other columns stay.
inline double spread(double value, double unit, const ef::FeatureSupport& support, double noise) {
  constexpr double inner = 1 - 0x1p-50;  // the ends may be edges, where the density is zero
  const double low = std::max(value - unit / 2, support.low), high = std::min(value + unit / 2, support.high);
  return low + (high - low) * (inner * noise + 0x1p-52);
}

/// The likelihood of rows that move in every training step. Whole numbers get new uniform noise of one unit (Theis et
/// al., arXiv:1511.01844), in the units of the table: the mean is a lower bound of their log-probability. And all rows
/// move by `blur` ε with ε normal, inside of the edges: the flow learns the density of the blurred data, which no row is
/// a spike of (Rothfuss et al., arXiv:1907.08982). Rows that judge stay as they are.
struct UnitNoise {
  std::vector<double> units;             ///< one per feature; 0: continuous. Empty: all continuous
  const Eigen::MatrixXd* raw = nullptr;  ///< the rows of the batches in the units of the table
  std::vector<ef::FeatureSupport> supports;
  Eigen::MatrixXd blur;  ///< D × D; empty: none
  Pace* pace = nullptr;  ///< counts the steps

  template <class Flow>
  double operator()(const Flow& flow, const ef::Batch<double>& batch, std::span<double> grad) const {
    if (!batch.training) return ef::MaximumLikelihood()(flow, batch, grad);
    if (pace != nullptr) pace->step();
    if (units.empty() && blur.size() == 0) return ef::MaximumLikelihood()(flow, batch, grad);
    Eigen::MatrixXd x(batch.size, batch.data.cols), context(batch.size, batch.context.cols);
    Eigen::VectorXd weights(batch.weights != nullptr ? batch.size : 0);
    for (Eigen::Index i = 0; i < weights.size(); ++i) weights[i] = batch.weight(i);
    if (!units.empty()) move_units(batch, x);
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      for (Eigen::Index i = 0; i < x.rows() && !is_whole(j); ++i) x(i, j) = batch.data(batch.row(i), j);
    for (Eigen::Index j = 0; j < context.cols(); ++j)
      for (Eigen::Index i = 0; i < x.rows(); ++i) context(i, j) = batch.context(batch.row(i), j);
    if (blur.size() > 0) {
      Eigen::MatrixXd noise(x.rows(), x.cols());
      ef::Rng(batch.training->seed).fork(batch.training->step).fill_normal(noise);
      for (Eigen::Index j = 0; j < x.cols(); ++j)  // small, so that threads would only wait for each other
        for (Eigen::Index k = 0; k < x.cols(); ++k)
          if (blur(j, k) != 0) x.col(j) += blur(j, k) * noise.col(k);
    }
    auto moved = ef::Batch<double>::all(x, context, weights.size() > 0 ? weights.data() : nullptr);
    moved.training = batch.training;
    return ef::MaximumLikelihood()(flow, moved, grad);
  }

 private:
  bool is_whole(Eigen::Index j) const { return !units.empty() && units[static_cast<std::size_t>(j)] > 0; }

  void move_units(const ef::Batch<double>& batch, Eigen::MatrixXd& x) const {
    Eigen::MatrixXd noise(x.rows(), x.cols());
    ef::Rng(batch.training->seed, 2).fork(batch.training->step).fill_uniform(noise);
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      const auto at = static_cast<std::size_t>(j);
      const ef::FeatureSupport support = supports.empty() ? ef::real() : supports[at];
      for (Eigen::Index i = 0; i < x.rows(); ++i)
        x(i, j) = spread((*raw)(batch.row(i), j), units[at], support, noise(i, j));
    }
    x = without_edges(supports, x);
  }
};

}  // namespace command
