#pragma once

#include <Eigen/Core>
#include <cmath>
#include <concepts>
#include <numbers>

#include "eigenflow/data/detail/boxed_noise.hpp"
#include "eigenflow/data/detail/noisy_curve.hpp"
#include "eigenflow/data/detail/set_2d.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// Two interlocking spirals: d = (−n cos n + .5 U, n sin n + .5 U) with n = 3π√U; x = ±d/3 + .1 N, with either sign
/// of equal probability. Entropy 2.6454 nats.
template <std::floating_point Scalar_>
class TwoSpirals : public detail::Set2d<TwoSpirals<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "two_spirals"; }
  /// In nats, by quadrature.
  [[nodiscard]] static constexpr double entropy() noexcept { return 2.6454503; }

  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) {
    const double sign = rng.below(2) == 0 ? 1.0 : -1.0;
    const double n = longest * std::sqrt(rng.uniform());
    const double jitter_x = jitter * (2.0 * rng.uniform() - 1.0);
    const double jitter_y = jitter * (2.0 * rng.uniform() - 1.0);
    const Eigen::Vector2d point = spiral(n) + Eigen::Vector2d(jitter_x, jitter_y);
    return sign * point + detail::normal_2d(rng, sigma);
  }

  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) {
    static const detail::NoisyCurve<Noise> spirals = [] {
      detail::NoisyCurve<Noise> curves(Noise(sigma, jitter));
      const double fastest = std::hypot(1.0, longest) / 3.0;
      const auto each_half = [](double n) { return n / (longest * longest); };
      curves.add(
          0.0, longest, fastest, [](double n) -> Eigen::Vector2d { return spiral(n); }, each_half);
      curves.add(
          0.0, longest, fastest, [](double n) -> Eigen::Vector2d { return -spiral(n); }, each_half);
      return curves;
    }();
    return spirals.log_density(x);
  }

 private:
  using Noise = detail::BoxedGaussianNoise;
  static constexpr double sigma = 0.1;
  static constexpr double jitter = 0.5 * 0.5 / 3.0;  // half the width of .5 U / 3
  static constexpr double longest = 3.0 * std::numbers::pi;

  /// The centre of the box of the jitter.
  [[nodiscard]] static Eigen::Vector2d spiral(double n) {
    return {-n * std::cos(n) / 3.0 + jitter, n * std::sin(n) / 3.0 + jitter};
  }
};

template <std::floating_point S>
inline constexpr TwoSpirals<S> two_spirals{};

}  // namespace eigenflow
