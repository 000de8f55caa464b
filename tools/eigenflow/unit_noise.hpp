#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <eigenflow/authoring/batch.hpp>
#include <eigenflow/numerics/rng.hpp>
#include <span>
#include <vector>

#include "flows.hpp"
#include "table/noisy_likelihood.hpp"

namespace command {

/// The likelihood of rows with whole numbers, to which every training step adds new uniform noise of one unit (Theis et
/// al., arXiv:1511.01844). Its mean is a lower bound of the log-probability of the whole numbers. The noise is in the
/// units of the table, before the map that removes the edges.
struct UnitNoise {
  table::NoisyLikelihood<double> likelihood;
  std::vector<double> units;             ///< one per feature; 0: continuous. Empty: all continuous
  const Eigen::MatrixXd* raw = nullptr;  ///< the rows of the batches in the units of the table
  std::vector<ef::FeatureSupport> supports;

  template <class Flow>
  double operator()(const Flow& flow, const ef::Batch<double>& batch, std::span<double> grad) const {
    if (!batch.training || units.empty()) return likelihood(flow, batch, grad);
    Eigen::MatrixXd x(batch.size, batch.data.cols), noise(batch.size, batch.data.cols),
        context(batch.size, batch.context.cols);
    ef::Rng(batch.training->seed, 2).fork(batch.training->step).fill_uniform(noise);
    constexpr double inner = 1 - 0x1p-50;  // the ends may be edges, where the density is zero
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      const auto at = static_cast<std::size_t>(j);
      const ef::FeatureSupport support = supports.empty() ? ef::real() : supports[at];
      for (Eigen::Index i = 0; i < x.rows(); ++i) {
        const double value = (*raw)(batch.row(i), j), low = std::max(value - units[at] / 2, support.low),
                     high = std::min(value + units[at] / 2, support.high);
        x(i, j) = low + (high - low) * (inner * noise(i, j) + 0x1p-52);
      }
    }
    x = without_edges(supports, x);
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      for (Eigen::Index i = 0; i < x.rows() && units[static_cast<std::size_t>(j)] == 0; ++i)
        x(i, j) = batch.data(batch.row(i), j);
    for (Eigen::Index j = 0; j < context.cols(); ++j)
      for (Eigen::Index i = 0; i < x.rows(); ++i) context(i, j) = batch.context(batch.row(i), j);
    auto moved = ef::Batch<double>::all(x, context);
    moved.training = batch.training;
    return likelihood(flow, moved, grad);
  }
};

}  // namespace command
