#pragma once

#include <Eigen/Core>
#include <cmath>
#include <concepts>
#include <numbers>

#include "eigenflow/data/detail/noisy_curve.hpp"
#include "eigenflow/data/detail/set_2d.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// Two interlocking half circles: (cos t, sin t) and (1 − cos t, .5 − sin t) with t uniform
/// in (0, π), plus .1 N; then times 2 plus (−1, −.2). Entropy 2.3939 nats.
template <std::floating_point Scalar_>
class TwoMoons : public detail::Set2d<TwoMoons<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "two_moons"; }
  /// In nats, by quadrature.
  [[nodiscard]] static constexpr double entropy() noexcept { return 2.3938792; }

  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) {
    const bool upper = rng.below(2) == 0;
    const double t = std::numbers::pi * rng.uniform();
    const Eigen::Vector2d point = upper ? upper_moon(t) : lower_moon(t);
    return point + detail::normal_2d(rng, sigma);
  }

  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) {
    static const detail::NoisyCurve<detail::GaussianNoise> moons = [] {
      detail::NoisyCurve<detail::GaussianNoise> curves({sigma});
      const auto each_half = [](double) { return 0.5 / std::numbers::pi; };
      curves.add(0.0, std::numbers::pi, 2.0, upper_moon, each_half);
      curves.add(0.0, std::numbers::pi, 2.0, lower_moon, each_half);
      return curves;
    }();
    return moons.log_density(x);
  }

 private:
  static constexpr double sigma = 2.0 * 0.1;

  [[nodiscard]] static Eigen::Vector2d upper_moon(double t) {
    return {2.0 * std::cos(t) - 1.0, 2.0 * std::sin(t) - 0.2};
  }
  [[nodiscard]] static Eigen::Vector2d lower_moon(double t) {
    return {2.0 * (1.0 - std::cos(t)) - 1.0, 2.0 * (0.5 - std::sin(t)) - 0.2};
  }
};

template <std::floating_point S>
inline constexpr TwoMoons<S> two_moons{};

}  // namespace eigenflow
