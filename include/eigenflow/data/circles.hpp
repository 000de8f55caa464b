#pragma once

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numbers>

#include "eigenflow/data/detail/bessel.hpp"
#include "eigenflow/data/detail/set_2d.hpp"
#include "eigenflow/numerics/log_sum.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

namespace detail {

/// Circles around the origin with equal probability, plus Gaussian noise. A Gaussian averaged over the angle on a
/// circle of radius ρ is exp(−(r² + ρ²)/2σ²) I₀(rρ/σ²) / 2πσ².
template <std::size_t Count>
struct NoisyCircles {
  std::array<double, Count> radii;
  double sigma;

  [[nodiscard]] Eigen::Vector2d draw(Rng& rng) const {
    const double radius = radii[rng.below(Count)];
    const double angle = 2.0 * std::numbers::pi * rng.uniform();
    const Eigen::Vector2d point(radius * std::cos(angle), radius * std::sin(angle));
    return point + normal_2d(rng, sigma);
  }

  [[nodiscard]] double log_density(const Eigen::Vector2d& x) const {
    const double r = std::hypot(x.x(), x.y());
    const double variance = sigma * sigma;
    LogSum sum;
    for (double radius : radii) {
      const double offset = r - radius;
      sum.add(log_scaled_bessel_i0(r * radius / variance) - 0.5 * offset * offset / variance);
    }
    return sum.value() - std::log(static_cast<double>(Count) * 2.0 * std::numbers::pi * variance);
  }
};

}  // namespace detail

/// Two circles of radii 1 and .5, + .08 N, times 3. Entropy 3.2681 nats.
template <std::floating_point Scalar_>
class Circles : public detail::Set2d<Circles<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "circles"; }
  /// In nats, by quadrature.
  [[nodiscard]] static constexpr double entropy() noexcept { return 3.2681357; }
  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) { return model.draw(rng); }
  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) { return model.log_density(x); }

 private:
  static constexpr detail::NoisyCircles<2> model{{3.0, 1.5}, 3.0 * 0.08};
};

/// Four circles of radii 3, 2.25, 1.5 and .75, + .08 N. Entropy 2.6232 nats.
template <std::floating_point Scalar_>
class Rings : public detail::Set2d<Rings<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "rings"; }
  /// In nats, by quadrature.
  [[nodiscard]] static constexpr double entropy() noexcept { return 2.6231828; }
  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) { return model.draw(rng); }
  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) { return model.log_density(x); }

 private:
  static constexpr detail::NoisyCircles<4> model{{3.0, 2.25, 1.5, 0.75}, 0.08};
};

template <std::floating_point S>
inline constexpr Circles<S> circles{};
template <std::floating_point S>
inline constexpr Rings<S> rings{};

}  // namespace eigenflow
