#pragma once

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>

#include "eigenflow/data/detail/set_2d.hpp"
#include "eigenflow/numerics/log_sum.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// Eight Gaussians on a circle: (4 · a direction of the compass + .5 N) / 1.414. Entropy 2.8319 nats.
template <std::floating_point Scalar_>
class EightGaussians : public detail::Set2d<EightGaussians<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "eight_gaussians"; }
  /// In nats, by quadrature.
  [[nodiscard]] static constexpr double entropy() noexcept { return 2.8318804; }

  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) {
    const Eigen::Vector2d centre = centre_of(rng.below(std::size_t{8}));
    return centre + detail::normal_2d(rng, sigma);
  }

  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) {
    detail::LogSum sum;
    for (std::size_t k = 0; k < 8; ++k) sum.add(-0.5 * (x - centre_of(k)).squaredNorm() / (sigma * sigma));
    return sum.value() - std::log(8.0 * 2.0 * std::numbers::pi * sigma * sigma);
  }

 private:
  static constexpr double sigma = 0.5 / 1.414;

  [[nodiscard]] static Eigen::Vector2d centre_of(std::size_t k) {
    constexpr double straight = 4.0 / 1.414;
    constexpr double diagonal = straight / std::numbers::sqrt2;
    static constexpr std::array<std::array<double, 2>, 8> centres{{{straight, 0.0},
                                                                   {diagonal, diagonal},
                                                                   {0.0, straight},
                                                                   {-diagonal, diagonal},
                                                                   {-straight, 0.0},
                                                                   {-diagonal, -diagonal},
                                                                   {0.0, -straight},
                                                                   {diagonal, -diagonal}}};
    return {centres[k][0], centres[k][1]};
  }
};

template <std::floating_point S>
inline constexpr EightGaussians<S> eight_gaussians{};

}  // namespace eigenflow
