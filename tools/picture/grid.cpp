#include "grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>

namespace picture {

Eigen::MatrixX2d cell_centres(Range x, Range y, Eigen::Index rows, Eigen::Index columns) {
  Eigen::MatrixX2d points(rows * columns, 2);
  const double width = x.length() / static_cast<double>(columns);
  const double height = y.length() / static_cast<double>(rows);
  for (Eigen::Index row = 0; row < rows; ++row) {
    for (Eigen::Index column = 0; column < columns; ++column) {
      points(row * columns + column, 0) = x.low + (static_cast<double>(column) + 0.5) * width;
      points(row * columns + column, 1) = y.high - (static_cast<double>(row) + 0.5) * height;
    }
  }
  return points;
}

Eigen::MatrixXd histogram(const Eigen::MatrixX2d& samples, Range x, Range y, Eigen::Index rows,
                          Eigen::Index columns) {
  Eigen::MatrixXd density = Eigen::MatrixXd::Zero(rows, columns);
  const double width = x.length() / static_cast<double>(columns);
  const double height = y.length() / static_cast<double>(rows);
  const double share = 1.0 / (static_cast<double>(samples.rows()) * width * height);
  for (Eigen::Index i = 0; i < samples.rows(); ++i) {
    const double column = std::floor((samples(i, 0) - x.low) / width);
    const double row = std::floor((y.high - samples(i, 1)) / height);
    const bool inside = column >= 0 && row >= 0 && column < static_cast<double>(columns) &&
                        row < static_cast<double>(rows);  // false for NaN
    if (inside) density(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)) += share;
  }
  return density;
}

Eigen::MatrixXd blur(const Eigen::MatrixXd& values, double sigma) {
  if (!(sigma > 0)) return values;
  const Eigen::Index reach = static_cast<Eigen::Index>(std::ceil(3 * sigma));
  Eigen::VectorXd kernel(2 * reach + 1);
  double total = 0;
  for (Eigen::Index k = -reach; k <= reach; ++k) {
    const double t = static_cast<double>(k) / sigma;
    kernel(k + reach) = std::exp(-0.5 * t * t);
    total += kernel(k + reach);
  }
  kernel /= total;
  const auto along_columns = [&](const Eigen::MatrixXd& in) {
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(in.rows(), in.cols());
    for (Eigen::Index k = -reach; k <= reach; ++k) {
      const Eigen::Index kept = in.cols() - std::abs(k);
      if (kept <= 0) continue;
      out.middleCols(std::max<Eigen::Index>(k, 0), kept) +=
          kernel(k + reach) * in.middleCols(std::max<Eigen::Index>(-k, 0), kept);
    }
    return out;
  };
  return along_columns(along_columns(values).transpose()).transpose();
}

double level_enclosing(const Eigen::MatrixXd& values, double mass) {
  std::vector<double> sorted;
  for (const double v : values.reshaped()) {
    if (std::isfinite(v) && v > 0) sorted.push_back(v);
  }
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const double wanted = mass * std::accumulate(sorted.begin(), sorted.end(), 0.0);
  double sum = 0;
  for (const double v : sorted) {
    sum += v;
    if (sum >= wanted) return v;
  }
  return sorted.empty() ? 0.0 : sorted.back();
}

std::vector<Segment> contour_lines(const Eigen::MatrixXd& values, double level) {
  std::vector<Segment> segments;
  for (Eigen::Index row = 0; row + 1 < values.rows(); ++row) {
    for (Eigen::Index column = 0; column + 1 < values.cols(); ++column) {
      const double x = static_cast<double>(column);
      const double y = static_cast<double>(row);
      // Corners in turn around the square; edge k joins corner k and the next.
      const std::array<double, 4> corner = {values(row, column), values(row, column + 1),
                                            values(row + 1, column + 1), values(row + 1, column)};
      const double mean = (corner[0] + corner[1] + corner[2] + corner[3]) / 4;
      if (!std::isfinite(mean)) continue;
      constexpr std::array<Point, 4> place = {Point{0, 0}, Point{1, 0}, Point{1, 1}, Point{0, 1}};
      std::array<Point, 4> crossing;
      std::size_t crossings = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t next = (k + 1) % 4;
        if ((corner[k] >= level) == (corner[next] >= level)) continue;
        const double t = (level - corner[k]) / (corner[next] - corner[k]);
        crossing[crossings++] = {x + place[k].x + t * (place[next].x - place[k].x),
                                 y + place[k].y + t * (place[next].y - place[k].y)};
      }
      if (crossings == 2) segments.push_back({crossing[0], crossing[1]});
      if (crossings == 4) {
        // Edges 0..3 all cross. A centre on the side of corner 0 joins corners 0 and 2 and cuts off 1 and 3.
        const bool joined = (mean >= level) == (corner[0] >= level);
        const std::size_t partner = joined ? 1 : 3;
        segments.push_back({crossing[0], crossing[partner]});
        segments.push_back({crossing[2], crossing[4 - partner]});
      }
    }
  }
  return segments;
}

}  // namespace picture
