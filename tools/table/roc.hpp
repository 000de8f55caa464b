#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace table {

/// The receiver operating characteristic of scores: the share of the normal rows (label 0) and of the anomalies
/// (label 1) that score above a threshold, for falling thresholds. Rows of equal score are one step.
struct Roc {
  Eigen::VectorXd false_alarms, found;

  Roc(const Eigen::VectorXd& score, const Eigen::VectorXd& label) {
    std::vector<Eigen::Index> order(static_cast<std::size_t>(score.size()));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](Eigen::Index a, Eigen::Index b) { return score[a] > score[b]; });
    std::vector<double> x{0}, y{0};
    double normal = 0, anomalous = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      (label[order[i]] == 1 ? anomalous : normal) += 1;
      if (i + 1 < order.size() && score[order[i + 1]] == score[order[i]]) continue;
      x.push_back(normal);
      y.push_back(anomalous);
    }
    const auto count = static_cast<Eigen::Index>(x.size());
    false_alarms = Eigen::Map<Eigen::VectorXd>(x.data(), count) / normal;
    found = Eigen::Map<Eigen::VectorXd>(y.data(), count) / anomalous;
  }

  /// The area under the curve (AUROC): the chance that an anomaly scores higher than a normal row.
  double area() const {
    const Eigen::Index steps = found.size() - 1;
    return (false_alarms.tail(steps) - false_alarms.head(steps)).dot(found.tail(steps) + found.head(steps)) /
           2;
  }
};

}  // namespace table
