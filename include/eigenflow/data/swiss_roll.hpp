#pragma once

#include <Eigen/Core>
#include <cmath>
#include <concepts>
#include <numbers>

#include "eigenflow/data/detail/noisy_curve.hpp"
#include "eigenflow/data/detail/set_2d.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// A spiral: ((t cos t, t sin t) + N) / 5 with t = 1.5π(1 + 2U). Entropy 2.6696 nats.
template <std::floating_point Scalar_>
class SwissRoll : public detail::Set2d<SwissRoll<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "swiss_roll"; }
  /// In nats, by quadrature.
  [[nodiscard]] static constexpr double entropy() noexcept { return 2.6696462; }

  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) {
    const Eigen::Vector2d point = roll(inner + (outer - inner) * rng.uniform());
    return point + detail::normal_2d(rng, sigma);
  }

  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) {
    static const detail::NoisyCurve<detail::GaussianNoise> curve = [] {
      detail::NoisyCurve<detail::GaussianNoise> built({sigma});
      const double fastest = std::hypot(1.0, outer) / 5.0;
      built.add(inner, outer, fastest, roll, [](double) { return 1.0 / (outer - inner); });
      return built;
    }();
    return curve.log_density(x);
  }

 private:
  static constexpr double sigma = 1.0 / 5.0;
  static constexpr double inner = 1.5 * std::numbers::pi;
  static constexpr double outer = 4.5 * std::numbers::pi;

  [[nodiscard]] static Eigen::Vector2d roll(double t) {
    return {t * std::cos(t) / 5.0, t * std::sin(t) / 5.0};
  }
};

template <std::floating_point S>
inline constexpr SwissRoll<S> swiss_roll{};

}  // namespace eigenflow
