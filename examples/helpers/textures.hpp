#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <eigenflow/numerics/rng.hpp>
#include <numbers>
#include <string>
#include <vector>

namespace helpers {

/// A grey picture, values around 0.5, and where it was damaged (1, else 0).
struct Texture {
  static constexpr Eigen::Index side = 64;
  Eigen::ArrayXXd grey = Eigen::ArrayXXd::Zero(side, side);
  Eigen::ArrayXXd damage = Eigen::ArrayXXd::Zero(side, side);
};

/// Noise of one scale: random numbers at the corners of cells of `cell` pixels, smooth between (Perlin, 1985).
inline Eigen::ArrayXXd cell_noise(double cell, eigenflow::Rng& rng) {
  const Eigen::Index count = static_cast<Eigen::Index>(static_cast<double>(Texture::side) / cell) + 3;
  Eigen::MatrixXd corners(count, count);
  rng.fill_normal(corners);
  const double shift_y = rng.uniform<double>(), shift_x = rng.uniform<double>();
  const auto smooth = [](double t) { return t * t * (3 - 2 * t); };
  Eigen::ArrayXXd noise(Texture::side, Texture::side);
  for (Eigen::Index y = 0; y < Texture::side; ++y)
    for (Eigen::Index x = 0; x < Texture::side; ++x) {
      const double v = static_cast<double>(y) / cell + shift_y, u = static_cast<double>(x) / cell + shift_x;
      const auto i = static_cast<Eigen::Index>(v), j = static_cast<Eigen::Index>(u);
      const double a = smooth(v - static_cast<double>(i)), b = smooth(u - static_cast<double>(j));
      noise(y, x) = (1 - a) * ((1 - b) * corners(i, j) + b * corners(i, j + 1)) +
                    a * ((1 - b) * corners(i + 1, j) + b * corners(i + 1, j + 1));
    }
  return noise;
}

inline const std::array<std::string, 4>& texture_names() {
  static const std::array<std::string, 4> names{"weave", "wood", "leather", "tiles"};
  return names;
}

/// An undamaged piece of the texture of that number. No two are alike: place, light and grain differ.
inline Texture draw_texture(std::size_t kind, eigenflow::Rng& rng) {
  constexpr double tau = 2 * std::numbers::pi;
  Texture texture;
  const double phase_y = rng.uniform<double>(), phase_x = rng.uniform<double>(),
               turn = 0.05 * rng.normal<double>();
  const Eigen::ArrayXXd slow = cell_noise(24, rng), fine = cell_noise(5, rng), grain = cell_noise(1.5, rng);
  for (Eigen::Index y = 0; y < Texture::side; ++y)
    for (Eigen::Index x = 0; x < Texture::side; ++x) {
      const double v = static_cast<double>(y) / 64 + turn * static_cast<double>(x) / 64,
                   u = static_cast<double>(x) / 64 - turn * static_cast<double>(y) / 64;
      const double sy = std::sin(tau * (8 * v + phase_y)), sx = std::sin(tau * (8 * u + phase_x));
      double value = 0;
      if (kind == 0) value = (sx * sy > 0 ? std::abs(sx) : -std::abs(sy)) * 0.22;
      if (kind == 1) value = 0.2 * std::sin(tau * (7 * u + phase_x + 0.35 * slow(y, x)));
      if (kind == 2) value = 0.12 * fine(y, x);
      if (kind == 3) value = 0.22 * std::tanh(6 * (std::min(std::abs(sy), std::abs(sx)) - 0.3));
      texture.grey(y, x) = 0.5 + value + 0.02 * slow(y, x) + 0.02 * grain(y, x);
    }
  return texture;
}

/// Damages it in one of three ways: a piece cut out, turned and pasted elsewhere, scratches, or blots of another texture.
inline void damage(Texture& texture, std::size_t kind, eigenflow::Rng& rng) {
  constexpr Eigen::Index side = Texture::side;
  const auto below = [&](Eigen::Index n) {
    return static_cast<Eigen::Index>(rng.below(static_cast<std::uint64_t>(n)));
  };
  switch (below(3)) {
    case 0: {  // cut and paste (CutPaste, arXiv:2104.04015)
      const Eigen::Index size = 8 + below(7);
      const Eigen::ArrayXXd piece =
          texture.grey.block(below(side - size), below(side - size), size, size).transpose();
      const Eigen::Index y = below(side - size), x = below(side - size);
      texture.grey.block(y, x, size, size) = piece.rowwise().reverse();
      texture.damage.block(y, x, size, size).setOnes();
      return;
    }
    case 1: {  // a scratch
      const double angle = std::numbers::pi * rng.uniform<double>(), length = 15 + 20 * rng.uniform<double>();
      const double depth = (rng.below(2) == 0 ? 1 : -1) * (0.15 + 0.15 * rng.uniform<double>());
      const Eigen::Vector2d middle(16 + below(32), 16 + below(32)), along(std::sin(angle), std::cos(angle));
      for (Eigen::Index y = 0; y < side; ++y)
        for (Eigen::Index x = 0; x < side; ++x) {
          const Eigen::Vector2d from =
              Eigen::Vector2d(static_cast<double>(y), static_cast<double>(x)) - middle;
          const double t = from.dot(along);
          if (std::abs(t) > length / 2 || (from - t * along).norm() > 0.9) continue;
          texture.grey(y, x) += depth;
          texture.damage(y, x) = 1;
        }
      return;
    }
    default: {  // blots of another texture (DRAEM, arXiv:2108.07610)
      const Texture other = draw_texture((kind + 1 + static_cast<std::size_t>(below(3))) % 4, rng);
      const Eigen::ArrayXXd noise = cell_noise(12, rng);
      const double cy = static_cast<double>(12 + below(40)), cx = static_cast<double>(12 + below(40));
      for (Eigen::Index y = 0; y < side; ++y)
        for (Eigen::Index x = 0; x < side; ++x) {
          const double distance = std::hypot(static_cast<double>(y) - cy, static_cast<double>(x) - cx);
          if (distance + 4 * noise(y, x) > 9) continue;
          texture.grey(y, x) = 0.4 * texture.grey(y, x) + 0.6 * other.grey(y, x);
          texture.damage(y, x) = 1;
        }
    }
  }
}

/// The features of a small fixed filter bank, as planes of 16 × 16 cells (channels · 256 numbers): the brightness, and the
/// logarithm of the energy of derivatives up to second order, at three scales.
class FilterBank {
 public:
  static constexpr Eigen::Index cells = 16, channels = 16;

  static Eigen::RowVectorXd features(const Eigen::ArrayXXd& grey) {
    Eigen::RowVectorXd all(channels * cells * cells);
    Eigen::Index channel = 0;
    const auto add = [&](const Eigen::ArrayXXd& values) {
      for (Eigen::Index y = 0; y < cells; ++y)
        for (Eigen::Index x = 0; x < cells; ++x)
          all[(channel * cells + y) * cells + x] = values.block(4 * y, 4 * x, 4, 4).mean();
      ++channel;
    };
    add(4 * grey);
    Eigen::ArrayXXd smooth = grey;
    for (const double deviation : {0.8, 1.2, 2.0}) {
      smooth = blurred(smooth, deviation);
      const Eigen::ArrayXXd dy = difference(smooth), dx = difference(smooth.transpose()).transpose();
      const Eigen::ArrayXXd dxy = difference(dx);
      for (const Eigen::ArrayXXd& d : {dy, dx, Eigen::ArrayXXd(difference(dy)),
                                       Eigen::ArrayXXd(difference(dx.transpose()).transpose()), dxy})
        add((blurred(d.square(), 1.5) + 1e-4).log() / 2);
    }
    return all;
  }

 private:
  /// Along y, with the edge repeated.
  static Eigen::ArrayXXd difference(const Eigen::ArrayXXd& a) {
    Eigen::ArrayXXd result(a.rows(), a.cols());
    for (Eigen::Index y = 0; y < a.rows(); ++y)
      result.row(y) = (a.row(std::min(y + 1, a.rows() - 1)) - a.row(std::max<Eigen::Index>(y - 1, 0))) / 2;
    return result;
  }
  static Eigen::ArrayXXd blurred(const Eigen::ArrayXXd& a, double deviation) {
    return blurred_along(blurred_along(a, deviation).transpose(), deviation).transpose();
  }
  static Eigen::ArrayXXd blurred_along(const Eigen::ArrayXXd& a, double deviation) {
    const auto reach = static_cast<Eigen::Index>(3 * deviation);
    Eigen::ArrayXXd sum = Eigen::ArrayXXd::Zero(a.rows(), a.cols());
    double total = 0;
    for (Eigen::Index k = -reach; k <= reach; ++k) {
      const double weight = std::exp(-0.5 * static_cast<double>(k * k) / (deviation * deviation));
      total += weight;
      for (Eigen::Index y = 0; y < a.rows(); ++y)
        sum.row(y) += weight * a.row(std::clamp<Eigen::Index>(y + k, 0, a.rows() - 1));
    }
    return sum / total;
  }
};

}  // namespace helpers
