#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <eigenflow/numerics/rng.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace helpers {

/// Digits of 8 × 8 pixels, N × 64, with values from 0 to 16: how many of the 4 × 4 points of a drawing of 32 × 32 points
/// are ink in each pixel. This is how the optical digits of the UCI repository were made.
struct Digits {
  static constexpr double levels = 17;
  Eigen::MatrixXf pixels;
  std::vector<int> labels;
};

/// Reads "optdigits.tra" or "optdigits.tes" of https://archive.ics.uci.edu/dataset/80: 64 values and the digit a line.
inline Digits read_digits(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::array<float, 65>> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream numbers(line);
    std::array<float, 65> row{};
    for (float& value : row) numbers >> value;
    if (!numbers) throw std::runtime_error(path.string() + " has a line without 65 numbers: " + line);
    rows.push_back(row);
  }
  if (rows.empty()) throw std::runtime_error(path.string() + " has no digits");
  Digits digits{Eigen::MatrixXf(static_cast<Eigen::Index>(rows.size()), 64), {}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    digits.pixels.row(static_cast<Eigen::Index>(i)) = Eigen::Map<Eigen::RowVectorXf>(rows[i].data(), 64);
    digits.labels.push_back(static_cast<int>(rows[i][64]));
  }
  return digits;
}

namespace detail {

/// The strokes of a digit: corners of a line, x to the right and y down, from 0 to 1.
inline const std::vector<Eigen::Vector2d>& strokes(int digit) {
  static const std::array<std::vector<Eigen::Vector2d>, 10> all{{
      {{.5, .05},
       {.3, .15},
       {.22, .4},
       {.24, .7},
       {.38, .92},
       {.55, .95},
       {.72, .82},
       {.78, .5},
       {.7, .17},
       {.5, .05}},
      {{.34, .24}, {.54, .05}, {.54, .95}},
      {{.22, .25}, {.36, .08}, {.6, .07}, {.74, .24}, {.64, .48}, {.22, .93}, {.8, .93}},
      {{.22, .12}, {.5, .05}, {.73, .2}, {.66, .4}, {.45, .47}, {.7, .57}, {.77, .78}, {.52, .95}, {.2, .86}},
      {{.64, .95}, {.64, .05}, {.16, .66}, {.86, .66}},
      {{.76, .06}, {.3, .06}, {.26, .45}, {.55, .4}, {.77, .6}, {.7, .86}, {.45, .95}, {.2, .86}},
      {{.64, .05},
       {.36, .3},
       {.23, .65},
       {.36, .93},
       {.62, .93},
       {.75, .72},
       {.6, .53},
       {.36, .56},
       {.25, .7}},
      {{.2, .07}, {.8, .07}, {.42, .95}},
      {{.5, .48},
       {.3, .35},
       {.32, .13},
       {.5, .05},
       {.69, .13},
       {.7, .35},
       {.5, .48},
       {.27, .62},
       {.28, .86},
       {.5, .95},
       {.73, .86},
       {.73, .62},
       {.5, .48}},
      {{.75, .3},
       {.6, .07},
       {.37, .07},
       {.26, .27},
       {.39, .48},
       {.62, .46},
       {.75, .3},
       {.7, .62},
       {.56, .95}},
  }};
  return all[static_cast<std::size_t>(digit)];
}

inline double distance_to_segment(const Eigen::Vector2d& p, const Eigen::Vector2d& a,
                                  const Eigen::Vector2d& b) {
  const Eigen::Vector2d along = b - a;
  const double t = std::clamp((p - a).dot(along) / along.squaredNorm(), 0.0, 1.0);
  return (p - a - t * along).norm();
}

}  // namespace detail

/// n digits drawn with a shaking hand: strokes that are moved, turned, stretched, slanted, and thick or thin.
inline Digits drawn_digits(Eigen::Index n, eigenflow::Rng& rng) {
  Digits digits{Eigen::MatrixXf::Zero(n, 64), {}};
  const auto about = [&](double middle, double deviation) {
    return middle + deviation * rng.normal<double>();
  };
  for (Eigen::Index i = 0; i < n; ++i) {
    const int digit = static_cast<int>(rng.below(10));
    const double turn = about(0, 0.08), slant = about(0.05, 0.12),
                 pen = std::clamp(about(0.065, 0.012), 0.04, 0.1);
    Eigen::Matrix2d form;
    form << about(0.85, 0.08), -slant, 0, about(0.9, 0.05);
    form = Eigen::Rotation2Dd(turn) * form;
    const Eigen::Vector2d middle(about(0.5, 0.02), about(0.5, 0.01));
    std::vector<Eigen::Vector2d> corners = detail::strokes(digit);
    for (Eigen::Vector2d& corner : corners) {
      const Eigen::Vector2d moved =
          corner - Eigen::Vector2d(0.5, 0.5) + Eigen::Vector2d(about(0, 0.02), about(0, 0.02));
      corner = middle + form * moved;
    }
    for (Eigen::Index y = 0; y < 32; ++y)
      for (Eigen::Index x = 0; x < 32; ++x) {
        const Eigen::Vector2d point((static_cast<double>(x) + 0.5) / 32, (static_cast<double>(y) + 0.5) / 32);
        bool ink = false;
        for (std::size_t k = 0; k + 1 < corners.size() && !ink; ++k)
          ink = detail::distance_to_segment(point, corners[k], corners[k + 1]) < pen;
        if (ink) digits.pixels(i, y / 4 * 8 + x / 4) += 1;
      }
    digits.labels.push_back(digit);
  }
  return digits;
}

}  // namespace helpers
