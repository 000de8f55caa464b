#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "picture/picture.hpp"
#include "table/roc.hpp"

// The pictures of the example `anomaly`.

namespace helpers {

inline const picture::Rgb flow_colour = picture::hex(0x1f5fa8), anomaly_colour = picture::hex(0xd1493f),
                          gaussian_colour = picture::hex(0x9a96a5);

/// ROC curves of a flow and of a Gaussian.
inline void draw_roc(picture::Panel panel, const table::Roc& flow, const table::Roc& gaussian) {
  panel.line(Eigen::Vector2d(0, 1), Eigen::Vector2d(0, 1), {.colour = gaussian_colour, .width = 0.5});
  panel.line(gaussian.false_alarms, gaussian.found, {.colour = gaussian_colour, .width = 1.2});
  panel.line(flow.false_alarms, flow.found, {.colour = flow_colour, .width = 1.8});
  char text[40];
  std::snprintf(text, sizeof text, "AUROC %.1f", 100 * flow.area());
  panel.note(text, picture::Corner::bottom_right);
}

/// Histograms of the scores of normal rows and of anomalies, each as shares of its own rows. Scores above the
/// 98th percentile, which may be far out, are counted in the last bin.
inline void draw_scores(picture::Gallery& gallery, int row, int column, const Eigen::VectorXd& score,
                        const Eigen::VectorXd& label) {
  constexpr Eigen::Index bins = 40;
  std::vector<double> sorted(score.data(), score.data() + score.size());
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double q) {
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
  };
  const double low = quantile(0), high = std::max(quantile(0.98), low + 1e-9);
  Eigen::ArrayX2d share = Eigen::ArrayX2d::Zero(bins, 2);
  for (Eigen::Index i = 0; i < score.size(); ++i) {
    const double at = std::clamp((score[i] - low) / (high - low), 0.0, 1.0) * static_cast<double>(bins);
    share(std::min(static_cast<Eigen::Index>(at), bins - 1), label[i] == 1 ? 1 : 0) += 1;
  }
  share.rowwise() /= share.colwise().sum();
  const double top = 1.1 * share.maxCoeff();
  auto panel = gallery.panel(row, column, {.x = {low, high}, .y = {0, top}, .equal_aspect = false});
  Eigen::VectorXd x(2 * bins + 2), y(2 * bins + 2);
  for (const int kind : {0, 1}) {
    y[0] = y[2 * bins + 1] = 0;
    for (Eigen::Index b = 0; b <= bins; ++b)
      x[2 * b] = x[2 * b + 1] = low + (high - low) * static_cast<double>(b) / static_cast<double>(bins);
    for (Eigen::Index b = 0; b < bins; ++b) y[2 * b + 1] = y[2 * b + 2] = share(b, kind);
    panel.line(x, y, {.colour = kind == 1 ? anomaly_colour : flow_colour, .width = 1.4});
  }
}

}  // namespace helpers
